/*
** Layers: which definition each has, and whose cache it reads. An entry of the list is a definition's name, or
** { attention = name, cache_of = number of an earlier layer, counted from 0, that writes the keys and values for both }.
*/
#include <string.h>

#include "definition_parts.h"

struct layers_reader {
    const struct fields *config;
    const struct definition_written *written;
    const struct model *model;           /* its distinct definitions */
    int *layers, *cache_of;              /* of the layers so far */
    bool *used;                          /* (written->count) */
};

static int find_written(const struct definition_written *written, const struct value *name)
{
    int i = 0;
    while (i < written->count && !(name->kind == VALUE_TEXT && strcmp(written->list[i].name, name->text) == 0))
        i++;
    return i;
}

/* Whether layer i can read what the other one writes; the sentence stands at the entry's cache_of. */
static bool owner_check(const struct layers_reader *reader, const struct fields *entry, int i, int owner)
{
    const struct definition *own = &reader->model->definitions[reader->layers[i]];
    const struct definition *other = &reader->model->definitions[reader->layers[owner]];
    const char *cache = definition_cache_line(own, entry->arena), *others = definition_cache_line(other, entry->arena);
    if (reader->cache_of[owner] != owner)
        return fields_refuse(entry, "cache_of", "a layer with a cache of its own: layer %d reads that of layer %d", owner,
                             reader->cache_of[owner]);
    if (strcmp(cache, others) != 0)
        return fields_refuse(entry, "cache_of", "a layer with the same cache: that of %s is%s, and of %s%s", other->name, others,
                             own->name, cache);
    if (own->ring_reach > other->ring_reach)
        return fields_refuse(entry, "cache_of", "a layer whose ring keeps as much: %s sees %lld keys before its own, and %s %lld", own->name,
                             (long long)own->ring_reach, other->name, (long long)other->ring_reach);
    return true;
}

/* The layer has its definition already. */
static bool read_owner(struct layers_reader *reader, const struct value *table, int i)
{
    static const char *const names[] = { "attention", "cache_of", NULL };
    const struct fields *config = reader->config;
    const struct fields entry = { table, arena_format(config->arena, "layers[%d].", i + 1), config->arena, config->report };
    const struct value *given = value_field(table, "cache_of");
    int64_t owner;
    if (!fields_known(&entry, names))
        return false;
    if (i == 0 || given == NULL || !value_is_whole(given, &owner) || owner < 0 || owner >= i)
        return fields_refuse(&entry, "cache_of", i == 0 ? "no such field in the first layer" : "an earlier layer, counted from 0: 0 to %d", i - 1);
    reader->cache_of[i] = (int)owner;
    return owner_check(reader, &entry, i, (int)owner);
}

static bool read_entry(struct layers_reader *reader, const struct value *entry, int i)
{
    const struct value *own = entry->kind == VALUE_TABLE ? value_field(entry, "attention") : NULL, *name = own != NULL ? own : entry;
    const int written = find_written(reader->written, name);
    if (written == reader->written->count) {
        report_error(reader->config->report, name->where, "layers[%d] is %s; expected the name of a definition in attention",
                     i + 1, value_describe(name, reader->config->arena));
        return false;
    }
    reader->used[written] = true;
    reader->layers[i] = reader->written->distinct[written];
    reader->cache_of[i] = i;
    return own == NULL || read_owner(reader, entry, i);
}

static bool read_list(struct layers_reader *reader, const struct value *list)
{
    const struct definition_written *written = reader->written;
    for (int i = 0; i < list->item_count; i++)
        if (!read_entry(reader, list->items[i], i))
            return false;
    for (int i = 0; i < written->count; i++)
        if (!reader->used[i]) {
            report_error(reader->config->report, written->list[i].where, "attention.%s is used by no layer", written->list[i].name);
            return false;
        }
    return true;
}

bool definition_read_layers(struct model *model, const struct fields *config, const struct definition_written *written)
{
    const struct value *list = value_field(config->table, "layers");
    int64_t count = 0;
    const bool listed = list != NULL && list->kind == VALUE_TABLE && list->field_count == 0
                     && list->item_count > 0 && list->item_count <= DEFINITION_COUNT;
    if (!listed && (written->count > 1 || (list != NULL && list->kind == VALUE_TABLE)))
        return fields_refuse(config, "layers", "a list of 1 to %d names of definitions", DEFINITION_COUNT);
    if (listed)
        count = list->item_count;
    else if (!fields_integer(config, "layers", false, (struct field_limits){ 1, DEFINITION_COUNT }, &count))
        return false;
    struct layers_reader reader = {
        config, written, model, arena_alloc(config->arena, (size_t)count, sizeof *reader.layers),
        arena_alloc(config->arena, (size_t)count, sizeof *reader.cache_of),
        arena_alloc(config->arena, (size_t)written->count, sizeof *reader.used)
    };
    for (int i = 0; i < count; i++)
        reader.cache_of[i] = i;
    model->layers = reader.layers;
    model->cache_of = reader.cache_of;
    model->layer_count = (int)count;
    return !listed || read_list(&reader, list);
}

/* Printing ------------------------------------------------------------------------------------- */

/* Of the definition's layers those that read the cache of layer `owner`, and not their own; all of them for -1. */
static bool is_shown(const struct model *model, int layer, int definition, int owner)
{
    return layer < model->layer_count && model->layers[layer] == definition
        && (owner < 0 || (model->cache_of[layer] == owner && layer != owner));
}

/* "0-3, 5" */
static void print_ranges(struct text *text, const struct model *model, int definition, int owner)
{
    const char *gap = "";
    for (int i = 0; i < model->layer_count; i++) {
        const int first = i;
        if (!is_shown(model, i, definition, owner))
            continue;
        while (is_shown(model, i + 1, definition, owner))
            i++;
        text_format(text, first == i ? "%s%d" : "%s%d-%d", gap, first, i);
        gap = ", ";
    }
}

void model_layers_print(struct text *text, const struct model *model, int definition)
{
    bool *printed = arena_alloc(text->arena, (size_t)model->layer_count, sizeof *printed);
    const char *gap = ", of which ";
    print_ranges(text, model, definition, -1);
    for (int i = 0; i < model->layer_count; i++) {
        const int owner = model->cache_of[i];
        if (model->layers[i] != definition || owner == i || printed[owner])
            continue;
        text_put(text, gap);
        print_ranges(text, model, definition, owner);
        text_format(text, " with the cache of layer %d", owner);
        printed[owner] = true;
        gap = "; ";
    }
}
