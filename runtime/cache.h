/*
** Keys and values of every sequence and layer of a session, in one block.
*/
#ifndef CACHE_H
#define CACHE_H

#include "memory.h"

struct cache {
    unsigned char *bytes;
    size_t *offsets;                  /* (layers + 1): where a layer begins in a sequence's part */
    int64_t layers;
};

/* A layer's part has layer_bytes[layer] bytes for each of the sequences. */
bool cache_create(struct cache *cache, const size_t *layer_bytes, int64_t layers, int sequences,
                  struct memory *memory, struct problem *problem);

void *cache_at(const struct cache *cache, int sequence, int64_t layer);

#endif
