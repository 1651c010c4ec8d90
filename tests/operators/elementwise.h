/*
** Operators that the runtime's own functions compute: norms and activations.
*/
#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include "case.h"

/* The case's output, as large as the first of the operator's inputs; NULL with *why, the reason, when these functions cannot express it. */
typedef float *compute_function(const struct operator_case *given, struct arena *arena, const char **why);

compute_function compute_rms, compute_layer, compute_skip_rms, compute_skip_layer;
compute_function compute_gelu, compute_fast_gelu, compute_swish, compute_swiglu;

#endif
