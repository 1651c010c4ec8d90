/*
** What a template sees of the types of a definition's numbers, and the conversions that those of a model need.
*/
#include <string.h>

#include "emission.h"

/* The target's operations that load a vector: of units, or as floats, in two parts where neighbours along the sum share a byte. */
static const char *const *loads(const struct descriptor *type, int pack, const struct descriptor *units, struct arena *arena)
{
    const char **list = arena_alloc(arena, 3, sizeof *list);      /* NULL-ended */
    if (units != NULL) {
        list[0] = "iload_u32";
    } else if (pack == 1) {
        list[0] = arena_format(arena, "vload_%s", type->name);
    } else {
        list[0] = arena_format(arena, "vload_%s_first", type->name);
        list[1] = arena_format(arena, "vload_%s_second", type->name);
    }
    return list;
}

/* One side, K or V, whose rows have d values; units: of several values in a type of their own, or NULL. */
static void set_cached(struct emission *e, const char *side, const struct cached *cached, int d, const struct descriptor *units)
{
    const struct descriptor *type = cached->type;
    const int block = cached_block(cached), pack = units != NULL ? units->pack : cached_pack(cached);
    const struct { const char *name; int64_t value; } numbers[] = {
        { "PACK", pack }, { "SCALES", type->scales }, { "RUN_SCALES", cached_scales_rows(cached) ? 0 : type->scales },
        { "RUNS", cached_runs(cached, d) }, { "RUN", block == 0 ? d : block },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        template_set_integer(&e->values, arena_format(e->arena, "%s_%s", side, numbers[i].name), numbers[i].value);
    template_set_text(&e->values, arena_format(e->arena, "%s_TYPE", side), type->name);
    template_set_text(&e->values, arena_format(e->arena, "%s_STORED", side), units != NULL ? units->stored : type->stored);
    template_set_boolean(&e->values, arena_format(e->arena, "%s_SCALES_ROWS", side), cached_scales_rows(cached));
    template_set_list(&e->values, arena_format(e->arena, "%s_LOADS", side), loads(type, pack, units, e->arena));
}

/* Bytes of a key of one KV head, which ends with a whole unit. */
static int64_t key_bytes(const struct cached *cached, int d, const struct descriptor *units)
{
    const int pack = units != NULL ? units->pack : 1;
    return cached_bytes(cached, (d + pack - 1) / pack * pack);
}

/* Bytes of a value of one KV head, whose row is padded. */
static int64_t value_bytes(const struct definition *definition)
{
    const struct cached *cached = &definition->cache_v;
    return cached_bytes(cached, definition->d_v) + (plan_row(definition) - definition->d_v) * cached->type->bits / 8;
}

void emission_set_types(struct emission *e, const struct definition *definition)
{
    const struct descriptor *compute = definition->compute, *units = definition_computes(definition) ? compute : NULL;
    set_cached(e, "K", &definition->cache_k, definition->d_k, units);
    template_set_integer(&e->values, "K_BYTES", key_bytes(&definition->cache_k, definition->d_k, units));
    template_set_integer(&e->values, "V_BYTES", value_bytes(definition));
    set_cached(e, "V", &definition->cache_v, definition->d_v, definition_computes_values(definition) ? compute : NULL);
    template_set_text(&e->values, "A_TYPE", definition->activations->name);
    template_set_text(&e->values, "A_STORED", definition->activations->stored);
    template_set_boolean(&e->values, "V_IN_K", definition->v_in_k);
    if (definition->v_in_k)
        template_set_text(&e->values, "V_STORED", "in K");
}

/* Whether some definition stores K or V in this way, or is handed such numbers. */
static bool model_stores(const struct model *model, const struct descriptor *type)
{
    for (int i = 0; i < model->definition_count; i++) {
        const struct definition *definition = &model->definitions[i];
        if (definition->cache_k.type == type || definition->cache_v.type == type || definition->activations == type)
            return true;
    }
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

static bool render_types(struct emission *e, enum catalog_kind kind, bool vector)
{
    const struct catalog *catalog = e->catalog;
    for (int i = 0; i < catalog->count[kind]; i++) {
        const struct descriptor *type = &catalog->entries[kind][i];
        if (!model_stores(e->model, type) || (vector ? type->vector : type->code)[0] == '\0')
            continue;
        if (!(vector ? emission_render_vector(e, &e->source, type) : emission_render_code(e, &e->source, type)))
            return false;
        text_put(&e->source, "\n");
    }
    return true;
}

bool emission_render_types(struct emission *e, bool vector)
{
    return render_types(e, CATALOG_CACHE, vector) && render_types(e, CATALOG_ACTIVATION, vector);
}
