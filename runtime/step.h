/*
** A model is a list of steps over named activations, each (rows, width) floats. This is one
** step: what the description says of it, and what was found when it was bound to weights.
*/
#ifndef STEP_H
#define STEP_H

#include <stdint.h>

enum { STEP_UNUSED = -1 };            /* of an activation or a number that the step does not have */

struct step {
    const struct operation *operation;
    int number;                       /* in the description, from 0 */

    /* As the description says; activations are indices of its list. */
    int in, with, out;
    int q, k, v;
    const char *kind;
    const char *weight_name, *bias_name;
    const char *attention_name;
    int64_t layer;
    int64_t width;                    /* of out */
    int64_t rows, row, offset;        /* of an embedding */
    double eps, weight_offset;

    /* Found when bound. */
    int64_t in_width;
    const float *weight;              /* (width, in_width), (rows, width) or (width) */
    const float *bias;                /* (width), or NULL */
    int attention;                    /* index of the model's attentions */
    const struct norm_kind *norm;
    const struct activation_kind *activation;
};

#endif
