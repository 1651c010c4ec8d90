/*
** Rows of heads in guarded memory, as callers of the kernels may lay them out: with
** or without padding, rows outside or heads outside. It ends with its last number.
*/
#ifndef CHECK_STRIDED_H
#define CHECK_STRIDED_H

#include "check_guard.h"
#include "narrow.h"
#include "random.h"

/* (rows, heads, width) numbers. */
struct strided {
    struct guarded memory;
    int64_t rows, stride, head_stride;
    int heads, width;
    enum narrow type;
};

/* The layout is random; every number has the given bits, of two bytes the half of them. */
struct strided strided_create(int64_t rows, int heads, int width, enum narrow type, uint32_t bits, struct random *random);

/* The same layout with the same numbers, of floats, as another type has them. */
struct strided strided_convert(const struct strided *from, enum narrow type);

/* Of floats. */
float *strided_row(const struct strided *strided, int64_t row, int head);

/* Of any type, as floats: to is (width). */
void strided_read(const struct strided *strided, int64_t row, int head, float *to);

/* How many of count numbers from the first of that row on do not have the given bits. */
int64_t strided_written(const struct strided *strided, int64_t row, int head, int64_t count, uint32_t bits);

/* count rows from first, of floats that the type has: normal numbers whose size goes from amplitude to amplitude * growth. */
void strided_fill(struct strided *strided, int64_t first, int64_t count, double amplitude, double growth,
                  enum narrow type, struct random *random);

#endif
