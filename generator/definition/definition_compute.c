/*
** What the products of a definition are made of, and which caches hold that.
*/
#include <string.h>

#include "definition_parts.h"

bool definition_computes(const struct definition *definition)
{
    return definition->compute->pack > 1;
}

int definition_key_pack(const struct definition *definition)
{
    return definition_computes(definition) ? definition->compute->pack : cached_pack(&definition->cache_k);
}

bool definition_computes_values(const struct definition *definition)
{
    return definition->compute->values[0] != '\0';
}

bool definition_reads_keys(const struct definition *definition)
{
    return definition_computes(definition) || definition->cache_k.type->bits == 32;
}

bool definition_reads_values(const struct definition *definition)
{
    return definition_computes_values(definition) || (definition->cache_v.type->bits == 32 && !definition->v_in_k);
}

int definition_value_pack(const struct definition *definition)
{
    if (definition->v_in_k)
        return 1;
    return definition_computes_values(definition) ? definition->compute->pack : cached_pack(&definition->cache_v);
}

/* A cache of the type that compute needs, which is a text that may be empty: then any will do. */
static bool cache_fits(const struct cached *cached, const char *needed, const char *whose, const struct definition *definition,
                       const struct fields *fields)
{
    const char *compute = definition->compute->name;
    if (needed[0] == '\0')
        return true;
    if (strcmp(cached->type->name, needed) != 0)
        return fields_refuse(fields, "compute", "f32, as %s is cached as %s and compute = %s takes it from a cache of %s", whose,
                             cached->type->name, compute, needed);
    return cached_block(cached) == 0
        || fields_refuse(fields, "compute", "f32, as %s has a scale for each block of %d and compute = %s takes one a row", whose,
                         cached_block(cached), compute);
}

bool definition_check_compute(const struct definition *definition, const struct fields *fields)
{
    const struct descriptor *compute = definition->compute;
    if (definition_computes(definition) && definition->v_in_k)
        return fields_refuse(fields, "compute", "f32, as values are parts of keys");
    return cache_fits(&definition->cache_k, compute->keys, "K", definition, fields)
        && cache_fits(&definition->cache_v, compute->values, "V", definition, fields);
}

bool definition_read_compute(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    const struct value *value = value_field(fields->table, "compute");
    definition->compute = definition_read_word(fields, "compute", CATALOG_COMPUTE, "f32", reader->catalog);
    struct argument none[DEFINITION_PARAMETERS];
    return definition->compute != NULL
        && definition_read_arguments(none, definition->compute, "compute", value, definition, reader);
}
