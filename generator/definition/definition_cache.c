/*
** What a definition says of its cache, and what a command line says instead.
*/
#include <string.h>

#include "../script/script.h"
#include "definition_parts.h"

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

static bool read_cached(struct cached *cached, const struct fields *fields, const char *name, const char *path,
                        const char *otherwise, const struct definition *definition, const struct definition_reader *reader)
{
    cached->type = definition_read_word(fields, name, CATALOG_CACHE, otherwise, reader->catalog);
    return cached->type != NULL
        && definition_read_arguments(cached->argument, cached->type, path, value_field(fields->table, name), definition,
                                     reader);
}

/* K and V each have their word: cache = { k = int8, v = f16 }. */
static bool read_caches(struct definition *definition, const struct value *table, const struct definition_reader *reader)
{
    static const char *const names[] = { "k", "v", NULL };
    const struct fields fields = { table, arena_format(reader->arena, "%scache.", reader->path), reader->arena, reader->report };
    return fields_known(&fields, names)
        && read_cached(&definition->cache_k, &fields, "k", "cache.k", NULL, definition, reader)
        && read_cached(&definition->cache_v, &fields, "v", "cache.v", NULL, definition, reader);
}

bool definition_read_cache(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    const struct value *value = value_field(fields->table, "cache");
    if (value != NULL && value->kind == VALUE_TABLE)
        return read_caches(definition, value, reader);
    if (!read_cached(&definition->cache_k, fields, "cache", "cache", "f32", definition, reader))
        return false;
    definition->cache_v = definition->cache_k;
    return true;
}

/* The table { cache = ... } of a text that says it as a config does; NULL after a report. */
static const struct value *cache_config(const char *text, const struct catalog *catalog, struct arena *arena,
                                        struct report *report)
{
    static const char *const fields[] = { "cache", NULL };
    const char *config = arena_format(arena, "cache = %s", text);
    struct script script = {
        .source = { "--cache-type", config, strlen(config) }, .words = definition_words(catalog, arena), .fields = fields
    };
    return script_run(&script, arena, report);
}

bool definition_use_cache(struct model *model, const char *text, const struct catalog *catalog, struct arena *arena,
                          struct report *report)
{
    const struct definition_reader reader = { catalog, "", arena, report, NULL };
    const struct fields fields = { cache_config(text, catalog, arena, report), "", arena, report };
    struct definition *definitions = arena_alloc(arena, (size_t)model->definition_count, sizeof *definitions);
    if (fields.table == NULL)
        return false;
    if (value_field(fields.table, "cache") == NULL)                 /* the text is nil */
        return fields_refuse(&fields, "cache", "one of `attngen list caches`");
    for (int i = 0; i < model->definition_count; i++) {
        definitions[i] = model->definitions[i];
        if (!definition_read_cache(&definitions[i], &fields, &reader) || !definition_check_tail(&definitions[i], &fields)
            || !definition_check_compute(&definitions[i], &fields))
            return false;
        definitions[i].line = definition_line(&definitions[i], arena);
    }
    model->definitions = definitions;
    return true;
}
