/*
** Norms of the vectors of q and k, each head by itself.
*/
#ifndef REFERENCE_NORM_H
#define REFERENCE_NORM_H

#include "reference_line.h"

/* x (d_k), a vector of that head, normed; weight and bias are read where the norm has them. */
void reference_norm(const struct reference_line *line, const struct reference_norm *norm, const float *weight,
                    const float *bias, int head, double *x);

#endif
