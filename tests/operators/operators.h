/*
** The operators, and how each is expressed.
*/
#ifndef OPERATORS_H
#define OPERATORS_H

#include "elementwise.h"
#include "express.h"

enum { OPERATOR_NAMES = 20 };

struct operator {
    const char *domain, *name;
    express_function *express;                     /* as a call of emitted kernels; or */
    compute_function *compute;                     /* by the runtime's functions, which give */
    const char *output;                            /* this output of it; or */
    const char *why;                               /* why not at all */
    const char *attributes[OPERATOR_NAMES];        /* the names that these read; what else a case has is a reason to skip it */
    const char *inputs[OPERATOR_NAMES];
};

/* NULL when nobody has heard of it. */
const struct operator *operator_find(const struct operator_case *given);

/* An attribute or input of the case that the operator's functions do not read, or NULL. */
const char *operator_unread(const struct operator *operator, const struct operator_case *given);

#endif
