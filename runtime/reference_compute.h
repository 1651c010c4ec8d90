/*
** What products are made of, where these are not the numbers themselves.
*/
#ifndef REFERENCE_COMPUTE_H
#define REFERENCE_COMPUTE_H

#include "reference_line.h"

/* q (d_k), normed and rotated, as products take it. Weights stay as they are: what their rounding does is in check_verdict.c. */
void reference_compute(const struct reference_line *line, double *q);

#endif
