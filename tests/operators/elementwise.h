/*
** Operators that the runtime's own functions compute: norms and activations.
*/
#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include "case.h"

/* The case's output Y, (count of Y); NULL with *why, the reason, when these functions cannot express the case. */
typedef float *elementwise_function(const struct operator_case *given, struct arena *arena, const char **why);

/* NULL when the operator is another kind. */
elementwise_function *elementwise_find(const char *operator_name);

#endif
