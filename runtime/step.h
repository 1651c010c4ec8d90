/*
** A model is a list of steps over named activations, each (rows, width) floats. This is one
** step: what the description says of it, and what was found when it was bound to weights.
*/
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "../templates/contract.h"

enum { STEP_UNUSED = -1 };            /* of an activation or a number that the step does not have */

/* Weights of the norm that an attention has of q, or of k. */
struct step_norm {
    const char *weight_name, *bias_name;      /* NULL: the norm has none */
    const float *weight, *bias;               /* found when bound: (d_k) or (heads, d_k) */
};

/* So many things in a row that are there, then so many that are not, and so on in turns. */
struct step_runs { int count; const int64_t *lengths; };      /* count 0: all are there */

struct step {
    const struct operation *operation;
    int number;                       /* in the description's list, from 0 */
    bool encoder;                     /* the list is the encoder's */

    /* As the description says; activations are indices of its list. */
    int in, with, out;
    int q, k, v;
    int array;                        /* the attention's array [query][head][size], computed before */
    const char *kind;
    const char *weight_name, *bias_name;
    const char *other_weight_name;    /* where there is none of the first name; or NULL */
    const char *attention_name;
    const char *table_name;           /* weight (size, heads) of the attention's array [head][size], or NULL */
    struct step_norm q_norm, k_norm;
    const char *sink_name;            /* weight (heads) of the attention's sinks, or NULL */
    int64_t layer;
    int64_t width;                    /* of out */
    int64_t rows, row;                /* of an embedding */
    int64_t offset;                   /* row of the first position, or first column of each group */
    int64_t groups;                   /* equal parts of a row; 1 unless said otherwise */
    int64_t times;
    struct step_runs left_rows, left_columns;      /* of a weight, what is read of it */
    struct step_runs columns;         /* of the wider of in and out, those that go over */
    double eps, weight_offset, factor, base;

    /* Found when bound. */
    int64_t in_width;
    bool transposed;                  /* weight is (in_width, width) */
    const float *weight;              /* (width, in_width), (rows, width) or (width of a group) */
    const float *bias;                /* (width), or NULL */
    struct attn_array table;
    const float *sink;                /* (heads), or NULL */
    int attention;                    /* index of the model's attentions */
    const struct norm_kind *norm;
    const struct activation_kind *activation;
};

#endif
