/*
** Keys and values of all layers of a session, in one block: a layer has a unit for each sequence, or
** for each page that sequences share.
*/
#ifndef CACHE_H
#define CACHE_H

#include "memory.h"

struct cache {
    unsigned char *bytes;
    size_t *offsets;                  /* (layers): where a layer's units begin, one after another */
    const size_t *unit_bytes;         /* (layers) */
    int64_t layers;
};

/* A layer has `units` units of unit_bytes[layer], which must outlive the cache; whole units are aligned when their bytes are. */
bool cache_create(struct cache *cache, const size_t *unit_bytes, int64_t layers, int64_t units, struct memory *memory,
                  struct problem *problem);

void *cache_at(const struct cache *cache, int64_t unit, int64_t layer);

size_t cache_aligned(size_t bytes);               /* up to the next multiple of ATTN_ALIGNMENT */

#endif
