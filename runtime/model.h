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

/* A cache of its own, which one step writes. */
struct model_layer {
    int attention;                    /* index of the model's; -1: none yet */
    bool encoder;                     /* written by the encoder, whose tokens it holds */
};

struct attn_model {
    struct memory memory;
    struct attn_model_info info;
    struct weights weights;
    struct description description;
    struct kernels kernels;
    struct attention *attentions;     /* (description.attention_count) */
    struct model_layer *layers;       /* (layer_count) */
    int64_t layer_count;
    struct activation_width widths[DESCRIPTION_ACTIVATIONS];
    struct pool *pool;
};

#endif
