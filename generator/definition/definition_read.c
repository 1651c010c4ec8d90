#include <math.h>
#include <string.h>

#include "../base/text.h"
#include "../expression/reach.h"
#include "definition_parts.h"

static const struct field_limits heads_limits = { 1, DEFINITION_HEADS };
static const struct field_limits size_limits = { 1, DEFINITION_D };
static const struct field_limits scale_limits = { 1e-30, 1e30 };

static const struct field_limits code_limits = { 256, 1 << 30 };

static const char *const attention_fields[] = {
    "heads", "kv_heads", "keep", "d_k", "d_v", "v", "mla", "activations", "scale", "mask", "score", "sink", "normalize", "hidden_row",
    "q_norm", "k_norm", "position", "cache", "compute", "layout", "outputs", "max_code", NULL
};

const char *const *definition_attention_fields(void)
{
    return attention_fields;
}

static bool read_size(int *result, const struct fields *fields, const char *name, bool required,
                      struct field_limits limits)
{
    int64_t whole = *result;
    bool good = fields_integer(fields, name, required, limits, &whole);
    *result = (int)whole;
    return good;
}

/* Query heads share KV heads evenly. */
static bool read_heads(struct definition *definition, const struct fields *fields)
{
    if (!read_size(&definition->heads, fields, "heads", true, heads_limits))
        return false;
    definition->kv_heads = definition->heads;
    if (!read_size(&definition->kv_heads, fields, "kv_heads", false, heads_limits))
        return false;
    return definition->heads % definition->kv_heads == 0
        || fields_refuse(fields, "kv_heads", "a divisor of heads, which is %d", definition->heads);
}

static bool read_sizes(struct definition *definition, const struct fields *fields)
{
    static const char *const sources[] = { "given", "tail_of_k", NULL };
    const int source = definition_read_choice(fields, "v", sources);
    if (source < 0 || !read_size(&definition->d_k, fields, "d_k", true, size_limits))
        return false;
    definition->v_in_k = source == 1;
    definition->d_v = definition->d_k;
    definition->scale = 1 / sqrt(definition->d_k);
    return read_size(&definition->d_v, fields, "d_v", false, size_limits);
}

/* Heads, sizes and scale, from fields of their own or from ranks. */
static bool read_shape(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    const bool latent = value_field(fields->table, "mla") != NULL;
    const bool heads = read_heads(definition, fields);
    const bool sizes = latent ? heads && definition_read_mla(definition, fields, reader) : read_sizes(definition, fields);
    return heads && sizes && definition_read_keep(definition, fields)
        && fields_number(fields, "scale", false, scale_limits, &definition->scale);
}

static const char *const sink_names[SINKS + 1] = { "none", "zero", "per_head", NULL };
static const char *const normalize_names[NORMALIZES + 1] = { "softmax", "sigmoid", NULL };
static const char *const hidden_row_names[HIDDEN_ROWS + 1] = { "zeros", "nan", "mean", NULL };

const char *definition_sink_name(enum definition_sink sink)
{
    return sink_names[sink];
}

const char *definition_normalize_name(enum definition_normalize normalize)
{
    return normalize_names[normalize];
}

const char *definition_hidden_row_name(enum definition_hidden_row hidden_row)
{
    return hidden_row_names[hidden_row];
}

int definition_read_choice(const struct fields *fields, const char *field, const char *const *names)
{
    const struct value *value = value_field(fields->table, field);
    struct text expected = text_start(fields->arena);
    if (value == NULL)
        return 0;
    const bool bare = value->kind == VALUE_WORD && value->item_count == 0 && value->field_count == 0;
    for (int i = 0; names[i] != NULL; i++) {
        if (bare && strcmp(value->word, names[i]) == 0)
            return i;
        text_format(&expected, "%s%s", i == 0 ? "" : names[i + 1] == NULL ? " or " : ", ", names[i]);
    }
    fields_refuse(fields, field, "%s", expected.data);
    return -1;
}

/* How weights come of scores. */
static bool read_weights(struct definition *definition, const struct fields *fields)
{
    const int sink = definition_read_choice(fields, "sink", sink_names);
    const int normalize = definition_read_choice(fields, "normalize", normalize_names);
    const int hidden_row = definition_read_choice(fields, "hidden_row", hidden_row_names);
    if (sink < 0 || normalize < 0 || hidden_row < 0)
        return false;
    definition->sink = (enum definition_sink)sink;
    definition->normalize = (enum definition_normalize)normalize;
    definition->hidden_row = (enum definition_hidden_row)hidden_row;
    if (definition->sink != SINK_NONE && definition->normalize == NORMALIZE_SIGMOID)
        return fields_refuse(fields, "sink", "none, as sigmoid weights have no sum that a sink could join");
    return true;
}

static bool read_position(struct definition *definition, const struct fields *fields,
                          const struct definition_reader *reader)
{
    const struct value *value = value_field(fields->table, "position");
    definition->position = definition_read_word(fields, "position", CATALOG_POSITION, "none", reader->catalog);
    return definition->position != NULL
        && definition_read_arguments(definition->position_argument, definition->position, "position", value, definition,
                                     reader)
        && definition_read_rotation(definition, value, reader);
}

static bool read_activations(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    struct argument none[DEFINITION_PARAMETERS];
    definition->activations = definition_read_word(fields, "activations", CATALOG_ACTIVATION, "f32", reader->catalog);
    return definition->activations != NULL
        && definition_read_arguments(none, definition->activations, "activations", value_field(fields->table, "activations"),
                                     definition, reader);
}

/* Tokens of a page, where the layout has pages: whole tiles of 64 keys, which no plan needs to change, or an even part of one. */
static bool read_page(struct definition *definition, const struct fields *fields)
{
    enum { WHOLE = 64 };
    const struct descriptor *layout = definition->layout;
    definition->page_tokens = 0;
    for (int i = 0; i < layout->parameter_count; i++)
        if (strcmp(layout->parameters[i].name, "tokens") == 0)
            definition->page_tokens = (int)definition->layout_argument[i].number;
    const int tokens = definition->page_tokens;
    return tokens == 0 || tokens % WHOLE == 0 || WHOLE % tokens == 0
        || fields_refuse(fields, "layout", "tokens of 16, 32 or a multiple of %d, not %d", WHOLE, tokens);
}

/* The farthest that one of the heads left reaches. */
static int64_t heads_reach(const struct definition *definition)
{
    const int heads = expression_uses(&definition->mask, EXPRESSION_H) ? definition->kept.heads : 1;
    int64_t farthest = 0;
    for (int i = 0; i < heads; i++) {
        const int head = definition_head(definition, i);
        const int64_t reach = reach_of(&definition->mask, (struct range){ head, head });
        farthest = reach > farthest ? reach : farthest;
    }
    return farthest;
}

/* A ring keeps what windows reach: how far back, is to be proved from the mask. */
static bool read_reach(struct definition *definition, const struct fields *fields)
{
    definition->ring_reach = -1;
    if (strcmp(definition->layout->name, "ring") != 0 || definition->mask.count == 0)      /* a mask with an error has no reach */
        return true;
    if (definition->hidden_row == HIDDEN_ROW_MEAN)
        return fields_refuse(fields, "layout", "contiguous or paged: hidden_row = mean takes every value, a ring forgets the oldest");
    definition->ring_reach = heads_reach(definition);
    return definition->ring_reach < REACH_UNBOUNDED
        || fields_refuse(fields, "layout", "contiguous or paged: the mask does not say how far back a query sees (try window { left = ... } & ...)");
}

static bool read_layout(struct definition *definition, const struct fields *fields,
                        const struct definition_reader *reader)
{
    const struct value *value = value_field(fields->table, "layout");
    definition->layout = definition_read_word(fields, "layout", CATALOG_LAYOUT, "contiguous", reader->catalog);
    if (definition->layout == NULL
        || !definition_read_arguments(definition->layout_argument, definition->layout, "layout", value, definition, reader))
        return false;
    return read_page(definition, fields) && read_reach(definition, fields);
}

static bool read_bound(struct definition *definition, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, "max_code");
    if (value != NULL)
        definition->max_code_where = value->where;
    return read_size(&definition->max_code, fields, "max_code", false, code_limits);
}

bool definition_read_attention(struct definition *definition, const struct value *table,
                               const struct definition_reader *reader)
{
    struct fields fields = { table, reader->path, reader->arena, reader->report };
    int errors = reader->report->errors;
    definition->where = table->where;
    fields_known(&fields, attention_fields);
    if (!read_shape(definition, &fields, reader))      /* what follows needs it */
        return false;
    read_activations(definition, &fields, reader);
    definition_read_mask(definition, value_field(table, "mask"), reader);
    definition_read_score(definition, value_field(table, "score"), reader);
    definition_order_arrays(definition);
    read_weights(definition, &fields);
    read_position(definition, &fields, reader);
    definition_read_norm(definition, NORM_Q, &fields, reader);
    definition_read_norm(definition, NORM_K, &fields, reader);
    definition_read_cache(definition, &fields, reader);
    definition_read_compute(definition, &fields, reader);
    read_layout(definition, &fields, reader);
    definition_read_outputs(definition, &fields, reader);
    read_bound(definition, &fields);
    if (reader->report->errors > errors || !definition_check_mla(definition, &fields) || !definition_check_tail(definition, &fields)
        || !definition_check_compute(definition, &fields))
        return false;
    definition->line = definition_line(definition, reader->arena);
    return true;
}
