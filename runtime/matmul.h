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
    const float *bias;                /* (width), or NULL; of one group only */
    float *out;                       /* (rows, width) */
    int64_t rows, in_width, width;
    int64_t in_stride, out_stride;    /* floats from one row to the next */
    int64_t groups;                   /* products of the same sizes */
    int64_t in_group, weight_group, out_group;      /* floats from one of them to the next */
};

/* Called once before: the BLAS shall start no threads, ours call it. */
void matmul_start(void);

/* out = in * weight^T + bias, or in * weight + bias. The result does not depend on the number of threads. */
void matmul_run(const struct matmul *product, struct pool *pool);

#endif
