/*
** A folder's weights: model.safetensors, or the shards that model.safetensors.index.json names.
*/
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "safetensors.h"

struct weights {
    const char *folder;
    struct safetensors *files;        /* (file_count) */
    int file_count;
};

/* *weights is all zero before; close it whether or not it opened. */
bool weights_open(struct weights *weights, const char *folder, struct memory *memory, struct problem *problem);
void weights_close(struct weights *weights);

/*
** The tensor called prefix + name, for the first of the prefixes that has one; else so with .gamma for
** .weight and .beta for .bias; or NULL.
*/
struct tensor *weights_find(const struct weights *weights, const char *name,
                            const char *const *prefixes, int prefix_count);

#endif
