/*
** See cache.h.
*/
#include "cache.h"

static size_t aligned(size_t bytes)
{
    return (bytes + ATTN_ALIGNMENT - 1) / ATTN_ALIGNMENT * ATTN_ALIGNMENT;
}

bool cache_create(struct cache *cache, const size_t *layer_bytes, int64_t layers, int sequences,
                  struct memory *memory, struct problem *problem)
{
    cache->layers = layers;
    cache->offsets = memory_take(memory, (size_t)layers + 1, sizeof *cache->offsets, problem);
    if (cache->offsets == NULL)
        return false;
    for (int64_t layer = 0; layer < layers; layer++)
        if (layer_bytes[layer] > SIZE_MAX / 2
            || __builtin_add_overflow(cache->offsets[layer], aligned(layer_bytes[layer]), &cache->offsets[layer + 1]))
            return problem_set(problem, "the caches of %d sequences do not fit into memory", sequences);
    cache->bytes = memory_take_large(memory, (size_t)sequences, cache->offsets[layers], problem);
    return cache->bytes != NULL;
}

void *cache_at(const struct cache *cache, int sequence, int64_t layer)
{
    return cache->bytes + (size_t)sequence * cache->offsets[cache->layers] + cache->offsets[layer];
}
