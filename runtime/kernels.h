/*
** Emitted kernels in a shared object.
*/
#ifndef KERNELS_H
#define KERNELS_H

#include "../templates/contract.h"
#include "problem.h"

struct kernels {
    void *object;                                 /* of dlopen, or NULL */
    const struct attn_model_kernels *table;       /* NULL: no kernels */
};

/* Loads path and finds <name>_kernels in it. */
bool kernels_load(struct kernels *kernels, const char *path, const char *name, struct problem *problem);
void kernels_unload(struct kernels *kernels);     /* also of what was never loaded: all zero */

/* The best kernel for this definition's line, or NULL. */
const struct attn_attention *kernels_find(const struct kernels *kernels, const char *definition);

#endif
