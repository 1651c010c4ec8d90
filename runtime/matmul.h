/*
** The dense products of a model: the one place that knows which BLAS makes them.
*/
#ifndef MATMUL_H
#define MATMUL_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct matmul {
    const float *in;                  /* (rows, in_width) */
    const float *weight;              /* (width, in_width), or transposed (in_width, width) */
    bool transposed;
    const float *bias;                /* (width), or NULL */
    float *out;                       /* (rows, width) */
    int64_t rows, in_width, width;
};

/* Called once before: the BLAS shall start no threads, ours call it. */
void matmul_start(void);

/* out = in * weight^T + bias, or in * weight + bias. The result does not depend on the number of threads. */
void matmul_run(const struct matmul *product, struct pool *pool);

#endif
