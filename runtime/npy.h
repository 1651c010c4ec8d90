/*
** NumPy's .npy files: a short text header, then the numbers.
*/
#ifndef NPY_H
#define NPY_H

#include <stdint.h>

#include "mapping.h"

/* An array of int32 or int64, one row for a 1-D one; bytes point into the mapping. */
struct npy_integers {
    int64_t rows, columns;
    int bytes_each;                   /* 4 or 8 */
    const unsigned char *bytes;
};

bool npy_is(const struct mapping *mapping);      /* whether it begins like one */
bool npy_read_integers(struct npy_integers *array, const struct mapping *mapping, const char *path,
                       struct problem *problem);
int64_t npy_integer(const struct npy_integers *array, int64_t index);

/* Writes blocks of floats (rows of width) as one array; the file appears when it is whole. */
struct npy_block { const float *floats; int64_t rows; };
bool npy_write(const char *path, const struct npy_block *blocks, int count, int64_t width, struct problem *problem);

#endif
