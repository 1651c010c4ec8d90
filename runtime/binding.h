/*
** Binding a description to weights: every width and every weight's shape is checked once,
** when the model is opened, so that running needs no checks.
*/
#ifndef BINDING_H
#define BINDING_H

#include "description.h"
#include "problem.h"

struct attn_model;
struct attn_session;

/* What an activation holds after the steps bound so far. */
struct binding_shape {
    int64_t width;                            /* 0: nothing yet */
    bool last;                                /* only each sequence's last row, unless all are asked for */
};

struct binding {
    struct attn_model *model;
    struct problem *problem;
    const struct description_stack *stack;    /* whose steps are bound */
    struct binding_shape shapes[DESCRIPTION_ACTIVATIONS];
};

/* A sentence that begins with the step's place; always false. */
bool binding_fail(const struct binding *binding, const struct step *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Shape of an activation that the step reads. */
bool binding_in(const struct binding *binding, const struct step *step, int activation, struct binding_shape *shape);

/* The step writes out. */
bool binding_out(struct binding *binding, const struct step *step, struct binding_shape shape);

bool binding_has_weight(const struct binding *binding, const char *name);

/* The weight called name as floats (shape); NULL after a sentence. */
const float *binding_weight(const struct binding *binding, const struct step *step, const char *name,
                            int rank, const int64_t *shape);

#endif
