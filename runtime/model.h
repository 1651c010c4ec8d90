/*
** An open model: its description bound to its weights.
*/
#ifndef MODEL_H
#define MODEL_H

#include "attention.h"
#include "description.h"
#include "kernels.h"
#include "memory.h"
#include "pool.h"
#include "weights.h"

/* The widest that an activation gets. */
struct activation_width {
    int64_t full;                     /* with a row for each token */
    int64_t last;                     /* with a row for each sequence, unless all are asked for */
};

struct attn_model {
    struct memory memory;
    struct attn_model_info info;
    struct weights weights;
    struct description description;
    struct kernels kernels;
    struct attention *attentions;     /* (description.attention_count) */
    int *layer_attention;             /* (layers): index of each layer's attention */
    int64_t layers;
    struct activation_width widths[DESCRIPTION_ACTIVATIONS];
    struct pool *pool;
};

#endif
