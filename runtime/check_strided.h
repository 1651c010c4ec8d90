/*
** Rows of heads in guarded memory, as callers of the kernels may lay them out: with
** or without padding, rows outside or heads outside. It ends with its last float.
*/
#ifndef CHECK_STRIDED_H
#define CHECK_STRIDED_H

#include "check_guard.h"
#include "random.h"

/* (rows, heads, width) floats. */
struct strided {
    struct guarded memory;
    int64_t rows, stride, head_stride;
    int heads, width;
};

/* The layout is random; every float has the given bits. */
struct strided strided_create(int64_t rows, int heads, int width, uint32_t bits, struct random *random);
float *strided_row(const struct strided *strided, int64_t row, int head);

/* count rows from first: normal numbers whose size goes from amplitude to amplitude * growth. */
void strided_fill(struct strided *strided, int64_t first, int64_t count, double amplitude, double growth,
                  struct random *random);

#endif
