/*
** Operators as calls of emitted kernels. Each takes a case and fills the call, or refuses with a reason.
*/
#ifndef EXPRESS_H
#define EXPRESS_H

#include "call.h"

typedef bool express_function(struct call *call);

/* express_onnx.c */
bool express_attention(struct call *call);            /* ONNX Attention */

/* Its softcap as a step of the scores, where there is one. */
void express_softcap(struct call *call);

/* express_scores.c: a case's qk_matmul_output by another call. false after a refusal. */
bool express_scores(struct call *call, const struct case_tensor *output);

/* express_onnx.c */
bool express_flex(struct call *call);                 /* ONNX FlexAttention */

/* express_ort.c: contributed operators of ONNX Runtime */
bool express_projected(struct call *call);            /* Attention */
bool express_multi_head(struct call *call);           /* MultiHeadAttention */
bool express_packed(struct call *call);               /* PackedAttention */
bool express_packed_multi_head(struct call *call);    /* PackedMultiHeadAttention */

/* express_buckets.c */
bool express_buckets(struct call *call);              /* RelativePositionBias */

/* express_longformer.c */
bool express_longformer(struct call *call);           /* LongformerAttention */

/* express_rotary.c */
bool express_rotary(struct call *call);               /* ONNX RotaryEmbedding */

#endif
