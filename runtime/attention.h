/*
** One attention of a model: its kernel and its reference, which take the same arguments.
*/
#ifndef ATTENTION_H
#define ATTENTION_H

#include "description.h"
#include "kernels.h"
#include "operation.h"
#include "reference.h"
#include "reference_line.h"

struct attention {
    const struct attn_attention *kernel;          /* NULL: the model has no kernels */
    struct reference *reference;
    int32_t heads, kv_heads, d_k, d_v;
    int32_t layer_heads, layer_kv_heads;     /* before pruning, as weights of norms and tables count them */
    struct reference_norm q_norm, k_norm;
    bool sinks;                              /* each head has one, which weights give */
    struct expression_arrays arrays;
};

/* *attention is all zero before; close it whether or not it opened. */
bool attention_open(struct attention *attention, const struct description_attention *described,
                    const struct kernels *kernels, struct problem *problem);
void attention_close(struct attention *attention);

/* Scratch that one thread needs for any phase. */
size_t attention_scratch_bytes(const struct attention *attention);

/* Keys that a sequence's cache must hold to grow to `tokens`, `chunk` at most at a time: of a ring, what queries see. */
int64_t attention_capacity(const struct attention *attention, bool reference, int64_t tokens, int64_t chunk);

/* Of one sequence and one layer. */
size_t attention_cache_bytes(const struct attention *attention, bool reference, int64_t capacity);

/* Floats of a row of cosines and sines. */
int32_t attention_rotation_floats(const struct attention *attention, bool reference);

/* What the kernel needs for the session's batch, whose sequences are set. */
size_t attention_workspace_bytes(const struct attn_session *session, int attention);

/* The operation: o = attention of q over the layer's cache, to which k and v were added. */
bool attention_bind(struct binding *binding, struct step *step);
void attention_run(struct attn_session *session, const struct step *step);

/* Its two halves, of cross-attention: an encoder's k and v into the cache, which later steps attend over. */
bool attention_write_bind(struct binding *binding, struct step *step);
void attention_write_run(struct attn_session *session, const struct step *step);
bool attention_read_bind(struct binding *binding, struct step *step);
void attention_read_run(struct attn_session *session, const struct step *step);

#endif
