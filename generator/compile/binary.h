/*
** A model's kernels as a shared object: emitted and compiled as users do it, without flags for an
** instruction set, into build/kernels/<digest>.
*/
#ifndef BINARY_H
#define BINARY_H

#include "../emit/emit.h"

struct binary {
    struct emitted emitted;
    const char *directory, *path;            /* path is the object in it */
    double emit_seconds;
    double compile_seconds;                  /* that the compiler took when it last made the object */
};

/* root is compile_root's; false after a report, also when the code is larger than a definition's max_code. */
bool binary_make(struct binary *binary, const struct model *model, const char *root, const struct emit_options *emit,
                 const struct options *options);

/* Compiles what was emitted already. */
bool binary_compile(struct binary *binary, const struct model *model, const char *root, const struct options *options);

/* Of a clock that never goes back. */
double binary_clock(void);

#endif
