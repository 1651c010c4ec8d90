/*
** What a definition says of its cache.
*/
#include <string.h>

#include "definition.h"

int cached_block(const struct cached *cached)
{
    for (int i = 0; i < cached->type->parameter_count; i++)
        if (strcmp(cached->type->parameters[i].name, "block") == 0)
            return (int)cached->argument[i].number;
    return 0;
}

int cached_pack(const struct cached *cached)
{
    return cached->type->bits == 4 ? 2 : 1;
}

bool cached_scales_rows(const struct cached *cached)
{
    return cached->type->scales > 0 && cached_block(cached) == 0;
}

int cached_runs(const struct cached *cached, int d)
{
    const int block = cached_block(cached);
    return cached->type->scales == 0 ? 0 : block == 0 ? 1 : (d + block - 1) / block;
}

int64_t cached_bytes(const struct cached *cached, int d)
{
    const int scale_bytes = 2;
    return ((int64_t)d * cached->type->bits + 7) / 8 + (int64_t)cached_runs(cached, d) * cached->type->scales * scale_bytes;
}

bool definition_caches_alike(const struct definition *definition)
{
    return definition->cache_k.type == definition->cache_v.type
        && cached_block(&definition->cache_k) == cached_block(&definition->cache_v);
}

int definition_value_pack(const struct definition *definition)
{
    return definition->v_in_k ? 1 : cached_pack(&definition->cache_v);
}

static const char *cached_text(const struct cached *cached, struct arena *arena)
{
    const int block = cached_block(cached);
    return block == 0 ? cached->type->name : arena_format(arena, "%s { block = %d }", cached->type->name, block);
}

const char *definition_cache_text(const struct definition *definition, struct arena *arena)
{
    const char *k = cached_text(&definition->cache_k, arena), *v = cached_text(&definition->cache_v, arena);
    return definition_caches_alike(definition) ? k : arena_format(arena, "{ k = %s, v = %s }", k, v);
}
