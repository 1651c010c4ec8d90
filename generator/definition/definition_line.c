#include <string.h>

#include "../base/text.h"
#include "../catalog/argument.h"
#include "definition_parts.h"

/* " rope.base=10000 rope.dims=64"; a word that is none adds nothing. */
static void line_arguments(struct text *line, const char *path, const struct descriptor *descriptor,
                           const struct argument *arguments)
{
    for (int i = 0; i < descriptor->parameter_count; i++) {
        const struct parameter *parameter = &descriptor->parameters[i];
        const bool word = parameter->type == PARAMETER_WORD;
        if (word && strcmp(arguments[i].word->name, "none") == 0)
            continue;
        const char *name = arena_format(line->arena, "%s.%s", path, parameter->name);
        text_format(line, " %s=", name);
        argument_print(line, parameter, &arguments[i]);
        if (word)
            line_arguments(line, name, arguments[i].word, arguments[i].arguments);
    }
}

static void line_norm(struct text *line, const char *field, const struct norm *norm)
{
    if (!norm->used)
        return;
    text_format(line, " %s=%s", field, norm->word->name);
    line_arguments(line, field, norm->word, norm->arguments);
}

static void line_cached(struct text *line, const char *path, const struct cached *cached)
{
    text_format(line, " %s=%s", path, cached->type->name);
    line_arguments(line, path, cached->type, cached->argument);
}

static void line_position(struct text *line, const struct definition *definition)
{
    text_format(line, " position=%s", definition->position->name);
    line_arguments(line, definition->position->name, definition->position, definition->position_argument);
}

/* The cache and its layout. */
static void line_stored(struct text *line, const struct definition *definition)
{
    if (definition_caches_alike(definition))
        line_cached(line, "cache", &definition->cache_k);
    else {
        line_cached(line, "cache.k", &definition->cache_k);
        line_cached(line, "cache.v", &definition->cache_v);
    }
    if (definition_computes(definition))
        text_format(line, " compute=%s", definition->compute->name);
    if (strcmp(definition->layout->name, "contiguous") != 0) {
        text_format(line, " layout=%s", definition->layout->name);
        line_arguments(line, definition->layout->name, definition->layout, definition->layout_argument);
    }
}

const char *definition_line(const struct definition *definition, struct arena *arena)
{
    char text[EXPRESSION_BYTES];
    struct text line = text_start(arena);
    expression_print(&definition->mask, text, sizeof text);
    text_format(&line, "softmax heads=%d kv_heads=%d", definition->heads, definition->kv_heads);
    for (int i = 0; definition->kept.head != NULL && i < definition->kept.heads; i++)
        text_format(&line, "%s%d", i == 0 ? " keep=" : ",", definition->kept.head[i]);
    text_format(&line, " d_k=%d d_v=%d%s", definition->d_k, definition->d_v, definition->v_in_k ? " v=tail_of_k" : "");
    if (strcmp(definition->activations->name, "f32") != 0)
        text_format(&line, " activations=%s", definition->activations->name);
    text_put(&line, " scale=");
    text_number(&line, definition->scale);
    text_format(&line, " mask=\"%s\"", text);
    if (definition_has_score(definition)) {
        expression_print(&definition->score, text, sizeof text);
        text_format(&line, " score=\"%s\"", text);
    }
    if (definition->arrays.count > 0) {
        expression_arrays_print(&definition->arrays, text, sizeof text);
        text_format(&line, " arrays=\"%s\"", text);
    }
    if (definition->sink != SINK_NONE)
        text_format(&line, " sink=%s", definition_sink_name(definition->sink));
    if (definition->normalize != NORMALIZE_SOFTMAX)
        text_format(&line, " normalize=%s", definition_normalize_name(definition->normalize));
    if (definition->hidden_row != HIDDEN_ROW_ZEROS)
        text_format(&line, " hidden_row=%s", definition_hidden_row_name(definition->hidden_row));
    for (enum definition_norm which = 0; which < NORMS; which++)
        line_norm(&line, definition_norm_field(which), &definition->norm[which]);
    line_position(&line, definition);
    line_stored(&line, definition);
    definition_outputs_print(&line, definition);
    return line.data;
}

const char *definition_cache_line(const struct definition *definition, struct arena *arena)
{
    struct text line = text_start(arena);
    text_format(&line, " kv_heads=%d", definition->kept.kv_heads);
    for (int i = 0; definition->kept.head != NULL && i < definition->kept.kv_heads; i++)
        text_format(&line, "%s%d", i == 0 ? " of " : ",", definition->kept.kv_head[i]);
    text_format(&line, " d_k=%d d_v=%d%s", definition->d_k, definition->d_v, definition->v_in_k ? " v=tail_of_k" : "");
    line_norm(&line, definition_norm_field(NORM_K), &definition->norm[NORM_K]);
    line_position(&line, definition);
    line_stored(&line, definition);
    return line.data;
}
