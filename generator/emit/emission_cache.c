/*
** What a template sees of a definition's cache, and the conversions that the caches of a model need.
*/
#include <string.h>

#include "emission.h"

/* One side, K or V, whose rows have d values. */
static void set_cached(struct emission *e, const char *side, const struct cached *cached, int d)
{
    const struct descriptor *type = cached->type;
    const int block = cached_block(cached);
    const struct { const char *name; int64_t value; } numbers[] = {
        { "PACK", cached_pack(cached) }, { "STORED_BYTES", type->bits < 8 ? 1 : type->bits / 8 },
        { "SCALES", type->scales }, { "RUNS", cached_runs(cached, d) }, { "RUN", block == 0 ? d : block },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        template_set_integer(&e->values, arena_format(e->arena, "%s_%s", side, numbers[i].name), numbers[i].value);
    template_set_text(&e->values, arena_format(e->arena, "%s_TYPE", side), type->name);
    template_set_text(&e->values, arena_format(e->arena, "%s_STORED", side), type->stored);
    template_set_boolean(&e->values, arena_format(e->arena, "%s_SCALES_ROWS", side), cached_scales_rows(cached));
}

void emission_set_cache(struct emission *e, const struct definition *definition)
{
    set_cached(e, "K", &definition->cache_k, definition->d_k);
    set_cached(e, "V", &definition->cache_v, definition->d_v);
    template_set_boolean(&e->values, "V_IN_K", definition->v_in_k);
    if (definition->v_in_k)
        template_set_text(&e->values, "V_STORED", "in K");
}

/* Whether some definition stores K or V in this way. */
static bool model_stores(const struct model *model, const struct descriptor *type)
{
    for (int i = 0; i < model->definition_count; i++)
        if (model->definitions[i].cache_k.type == type || model->definitions[i].cache_v.type == type)
            return true;
    return false;
}

int emission_cache_scales(const struct emission *e)
{
    const struct catalog *catalog = e->catalog;
    int most = 0;
    for (int i = 0; i < catalog->count[CATALOG_CACHE]; i++) {
        const struct descriptor *type = &catalog->entries[CATALOG_CACHE][i];
        if (type->scales > most && model_stores(e->model, type))
            most = type->scales;
    }
    return most;
}

bool emission_render_caches(struct emission *e, bool vector)
{
    const struct catalog *catalog = e->catalog;
    for (int i = 0; i < catalog->count[CATALOG_CACHE]; i++) {
        const struct descriptor *type = &catalog->entries[CATALOG_CACHE][i];
        if (!model_stores(e->model, type))
            continue;
        if (!(vector ? emission_render_vector(e, &e->source, type) : emission_render_code(e, &e->source, type)))
            return false;
        text_put(&e->source, "\n");
    }
    return true;
}
