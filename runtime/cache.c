/*
** See cache.h.
*/
#include "cache.h"

#include <inttypes.h>

size_t cache_aligned(size_t bytes)
{
    return (bytes + ATTN_ALIGNMENT - 1) / ATTN_ALIGNMENT * ATTN_ALIGNMENT;
}

bool cache_create(struct cache *cache, const size_t *unit_bytes, int64_t layers, int64_t units, struct memory *memory,
                  struct problem *problem)
{
    size_t total = 0;
    *cache = (struct cache){ .unit_bytes = unit_bytes, .layers = layers };
    cache->offsets = memory_take(memory, (size_t)layers, sizeof *cache->offsets, problem);
    if (cache->offsets == NULL)
        return false;
    for (int64_t layer = 0; layer < layers; layer++) {
        size_t bytes;
        cache->offsets[layer] = total;
        if (__builtin_mul_overflow(unit_bytes[layer], (size_t)units, &bytes) || bytes > SIZE_MAX / 4
            || __builtin_add_overflow(total, cache_aligned(bytes), &total))
            return problem_set(problem, "%" PRId64 " times the caches of a layer do not fit into memory", units);
    }
    cache->bytes = memory_take_large(memory, 1, total, problem);
    return cache->bytes != NULL;
}

void *cache_at(const struct cache *cache, int64_t unit, int64_t layer)
{
    return cache->bytes + cache->offsets[layer] + (size_t)unit * cache->unit_bytes[layer];
}
