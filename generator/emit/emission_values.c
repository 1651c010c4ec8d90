/*
** What a template sees: the values of a definition, of a target, of a plan.
*/
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "../catalog/argument.h"
#include "box_c.h"
#include "emission.h"
#include "expression_c.h"
#include "expression_near.h"

const char *emission_upper(const char *name, struct arena *arena)
{
    char *copy = arena_copy(arena, name, strlen(name));
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

/* As the inside of a C string literal. */
static const char *quoted(const char *line, struct arena *arena)
{
    struct text text = text_start(arena);
    for (; *line != '\0'; line++) {
        if (*line == '"' || *line == '\\')
            text_put(&text, "\\");
        text_add(&text, line, 1);
    }
    return text.data;
}

/* Values of a definition -------------------------------------------------------------------- */

/* A word's parameters in capitals: BASE, DIMS, PAIRING. */
static void set_parameters(struct emission *e, const struct descriptor *word, const struct argument *arguments)
{
    for (int i = 0; i < word->parameter_count; i++)
        argument_set(&e->values, emission_upper(word->parameters[i].name, e->arena), &word->parameters[i], &arguments[i]);
}

/* PAGE_TOKENS 0: no pages; GATHERS: pages hold less than a block; RING_REACH -1: no ring. */
static void set_layout(struct emission *e, const struct definition *definition)
{
    set_parameters(e, definition->layout, definition->layout_argument);
    template_set_integer(&e->values, "PAGE_TOKENS", definition->page_tokens);
    template_set_boolean(&e->values, "GATHERS", plan_gathers(definition, &e->request));
    template_set_integer(&e->values, "RING_REACH", definition->ring_reach);
}

/* Rows of cosines and sines hold as many floats as dimensions rotate. */
static void set_rotation(struct emission *e, const struct definition *definition)
{
    const struct rotation *rotation = &definition->rotation;
    const char *function = arena_format(e->arena, "rotation_%s", definition->name);
    template_set_integer(&e->values, "ROTATION_FLOATS", rotation->dims);
    template_set_text(&e->values, "ROTATION", rotation->dims > 0 ? function : "NULL");
    template_set_numbers(&e->values, "FREQUENCIES", rotation->frequencies);
    template_set_number(&e->values, "MAGNITUDE", rotation->magnitude);
}

static void set_shape(struct emission *e, const struct definition *definition)
{
    struct template_values *values = &e->values;
    template_set_text(values, "DEFINITION", definition->name);
    template_set_text(values, "D", arena_format(e->arena, "_%s", definition->name));
    template_set_text(values, "LINE", definition->line);
    template_set_text(values, "LINE_QUOTED", quoted(definition->line, e->arena));
    emission_set_heads(e, definition);
    template_set_integer(values, "D_K", definition->d_k);
    template_set_integer(values, "D_V", definition->d_v);
    template_set_integer(values, "V_ROW", plan_row(definition));
    template_set_integer(values, "V_STRIP", plan_strip(definition));
    template_set_integer(values, "PANEL", PLAN_PANEL);
    template_set_integer(values, "BLOCK", plan_block(&e->request));
}

static void set_outputs(struct emission *e, const struct definition *definition)
{
    const struct outputs *outputs = &definition->outputs;
    struct text heads = text_start(e->arena);
    definition_heads_print(&heads, outputs, ", ");
    template_set_boolean(&e->values, "HAS_OUTPUTS", definition_has_outputs(definition));
    template_set_text(&e->values, "MATRIX", definition_matrix_name(outputs->matrix));
    template_set_integer(&e->values, "MATRIX_COUNT", outputs->head_count);
    template_set_text(&e->values, "MATRIX_HEADS", heads.data);
    template_set_boolean(&e->values, "COLUMN_SUMS", outputs->column_sums);
}

/* What a function's body takes from view. */
static const char *view_named(const struct emission *e, const struct expression_arrays *arrays, const char *body)
{
    static const char *const fields[] = { "h", "b", "q_len", "kv_len" };
    struct text text = text_start(e->arena);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (box_names(body, fields[i]))
            text_format(&text, "    const int32_t %s = view->%s;\n", fields[i], fields[i]);
    for (int i = 0; i < arrays->count; i++) {
        const char *name = arena_format(e->arena, "array_%s", arrays->list[i].name);
        if (box_names(body, name))
            text_format(&text, "    const struct attn_array *%s = &view->array[%d];\n", name, i);
    }
    return text.length > 0 || box_names(body, "view") ? text.data : "    (void)view;\n";
}

/* What the names of a mask's tables start with. */
static const char *mask_tables(const struct emission *e, const struct definition *definition)
{
    return arena_format(e->arena, "%s_table", definition->name);
}

/* The calls that fill the bounds which the search for keys looks at; "" without. */
static const char *bounds_lines(const struct emission *e, const struct definition *definition, const char *keys)
{
    struct text text = text_start(e->arena);
    for (int i = 0; i < definition->arrays.count; i++) {
        const struct expression_array *array = &definition->arrays.list[i];
        const int key = array->axis[0] == EXPRESSION_AXIS_KEY ? 0 : 1;
        if (strstr(keys, arena_format(e->arena, "attn_bounds_of(view, %d)", i)) == NULL)
            continue;
        const char *start = array->axes == 1 ? "0" : arena_format(e->arena, "b * args->array[%d].stride[%d]", i, 1 - key);
        text_format(&text, "%s    attn_bounds_fill(&args->array[%d], %s, args->array[%d].stride[%d], kv_len, bound + %d * stretches);",
                    text.length > 0 ? "\n" : "", i, start, i, key, i);
    }
    return text.length > 0 ? text.data : "";
}

static void set_mask(struct emission *e, const struct definition *definition)
{
    char mask[EXPRESSION_BYTES];
    const char *tables = mask_tables(e, definition);
    expression_print(&definition->mask, mask, sizeof mask);
    struct text sight = text_start(e->arena), keys = text_start(e->arena), arrays = text_start(e->arena);
    expression_tables_c(&arrays, &definition->mask, tables);
    expression_sight_c(&sight, &definition->mask, tables);
    template_set_boolean(&e->values, "MASK_GAPS", expression_keys_c(&keys, &definition->mask, tables));
    template_set_text(&e->values, "BOUNDS", bounds_lines(e, definition, keys.data));
    template_set_text(&e->values, "MASK_TABLES", arrays.data);
    template_set_text(&e->values, "MASK", arena_copy(e->arena, mask, strlen(mask)));
    template_set_text(&e->values, "SIGHT", arena_format(e->arena, "%s%s", view_named(e, &definition->arrays, sight.data), sight.data));
    template_set_text(&e->values, "KEYS", arena_format(e->arena, "%s%s", view_named(e, &definition->arrays, keys.data), keys.data));
    template_set_boolean(&e->values, "MASK_USES_H", expression_uses(&definition->mask, EXPRESSION_H));
}

static const char *score_tables(const struct emission *e, const struct definition *definition)
{
    return arena_format(e->arena, "%s_score_table", definition->name);
}

/* Weights are powers of two: without a score, q carries the factor 1 / ln 2; with one, what it gives is multiplied. */
static void set_score(struct emission *e, const struct definition *definition)
{
    char score[EXPRESSION_BYTES];
    struct text arrays = text_start(e->arena);
    expression_print(&definition->score, score, sizeof score);
    expression_tables_c(&arrays, &definition->score, score_tables(e, definition));
    const bool scored = definition_has_score(definition);
    template_set_text(&e->values, "SINK", definition_sink_name(definition->sink));
    template_set_text(&e->values, "NORMALIZE", definition_normalize_name(definition->normalize));
    template_set_text(&e->values, "HIDDEN_ROW", definition_hidden_row_name(definition->hidden_row));
    template_set_text(&e->values, "SCORE", arena_copy(e->arena, score, strlen(score)));
    template_set_text(&e->values, "SCORE_TABLES", arrays.data);
    template_set_boolean(&e->values, "HAS_SCORE", scored);
    template_set_number(&e->values, "SCALE", scored ? definition->scale : definition->scale / M_LN2);
}

/* A string literal and what follows it: { "doc", ATTN_INTEGER, 2, { ... }, { ... }, -1, 1 } */
static void array_kind_put(struct text *text, const struct expression_array *array, int heads)
{
    static const char *const types[] = {
        [EXPRESSION_BOOLEAN] = "ATTN_BOOLEAN", [EXPRESSION_INTEGER] = "ATTN_INTEGER", [EXPRESSION_NUMBER] = "ATTN_NUMBER"
    };
    static const char *const axes[] = {
        [EXPRESSION_AXIS_SEQUENCE] = "ATTN_AXIS_SEQUENCE", [EXPRESSION_AXIS_HEAD] = "ATTN_AXIS_HEAD",
        [EXPRESSION_AXIS_QUERY] = "ATTN_AXIS_QUERY", [EXPRESSION_AXIS_KEY] = "ATTN_AXIS_KEY", [EXPRESSION_AXIS_SIZE] = "ATTN_AXIS_SIZE"
    };
    text_format(text, "%s    { \"%s\", %s, %d, {", text->length > 0 ? ",\n" : "", array->name, types[array->type], array->axes);
    for (int axis = 0; axis < array->axes; axis++)
        text_format(text, "%s %s", axis > 0 ? "," : "", axes[array->axis[axis]]);
    text_put(text, " }, {");
    for (int axis = 0; axis < array->axes; axis++)
        text_format(text, "%s %d", axis > 0 ? "," : "", array->axis[axis] == EXPRESSION_AXIS_HEAD ? heads : array->size[axis]);
    text_format(text, " }, %lld, %lld }", (long long)array->low, (long long)array->high);
}

static void set_arrays(struct emission *e, const struct definition *definition)
{
    struct text kinds = text_start(e->arena);
    for (int i = 0; i < definition->arrays.count; i++)
        array_kind_put(&kinds, &definition->arrays.list[i], definition->heads);
    template_set_integer(&e->values, "ARRAYS", definition->arrays.count);
    template_set_text(&e->values, "ARRAY_KINDS", kinds.data);
}

void emission_set_definition(struct emission *e, const struct definition *definition)
{
    set_arrays(e, definition);
    set_shape(e, definition);
    set_mask(e, definition);
    set_score(e, definition);
    set_parameters(e, definition->position, definition->position_argument);
    set_layout(e, definition);
    set_outputs(e, definition);
    set_rotation(e, definition);
    emission_set_types(e, definition);
    emission_set_compute(e, definition);
}

/* Values of a plan ---------------------------------------------------------------------------- */

void emission_set_isa(struct emission *e, const struct descriptor *isa)
{
    template_set_text(&e->values, "TARGET", isa->name);
    template_set_text(&e->values, "T", arena_format(e->arena, "_%s", isa->name));
    template_set_text(&e->values, "FN", arena_format(e->arena, "KERNEL_%s", isa->name));
    template_set_text(&e->values, "ATTRIBUTE", isa->attribute);
    template_set_integer(&e->values, "LANES", isa->lanes);
    template_set_integer(&e->values, "HALF_LANES", isa->halves * isa->lanes / 2);      /* 0: there are no halves */
}

static void set_tiles(struct emission *e, const struct plan *plan)
{
    for (enum plan_parameter i = 0; i < PLAN_PARAMETERS; i++)
        template_set_integer(&e->values, emission_upper(plan_parameter_name(i), e->arena), plan->value[i]);
    template_set_integer(&e->values, "REST_QUERIES", plan->rest_queries);
    template_set_integer(&e->values, "HEAD_ROW", plan->head_row);
    template_set_integer(&e->values, "VALUE_HEADS", plan->value_heads);
    /* Weights of a tile are summed as so many partial sums, then by halves. */
    template_set_integer(&e->values, "PARTIALS", plan->value[PLAN_TILE] < PLAN_PANEL ? plan->value[PLAN_TILE] : PLAN_PANEL);
}

static void set_plan_lines(struct emission *e, const struct plan *plan, const struct definition *definition)
{
    struct text prefill = text_start(e->arena), decode = text_start(e->arena), append = text_start(e->arena);
    plan_print_prefill(&prefill, plan, definition);
    plan_print_decode(&decode, plan, definition);
    plan_print_append(&append, plan, definition);
    text_format(&e->plans, "**   %s on %s\n**     prefill  %s\n**     decode   %s\n**     append   %s\n",
                definition->name, plan->isa->name, prefill.data, decode.data, append.data);
    template_set_text(&e->values, "PREFILL_PLAN", prefill.data);
    template_set_text(&e->values, "DECODE_PLAN", decode.data);
}

/*
** The first lines of a function over q, k and view that returns `body`: what that takes from view, and which parameters it
** leaves alone. rest is what the function names besides.
*/
static const char *view_lines(struct emission *e, const struct definition *definition, const char *body, const char *rest)
{
    const char *whole = arena_format(e->arena, "%s %s", body, rest);
    struct text text = text_start(e->arena);
    text_put(&text, view_named(e, &definition->arrays, whole));
    for (const char *name = "q\0k\0"; *name != '\0'; name += 2)
        if (!box_names(whole, name))
            text_format(&text, "    (void)%s;\n", name);
    return text.data;
}

static void set_sees(struct emission *e, const struct definition *definition, const struct descriptor *isa)
{
    const char *suffix = arena_format(e->arena, "_%s", isa->name), *tables = mask_tables(e, definition);
    struct text queries = text_start(e->arena), keys = text_start(e->arena);
    expression_vector_c(&queries, &definition->mask, EXPRESSION_Q, suffix, tables);
    expression_vector_c(&keys, &definition->mask, EXPRESSION_K, suffix, tables);
    template_set_text(&e->values, "SEES_QUERIES", queries.data);
    template_set_text(&e->values, "SEES_KEYS", keys.data);
    template_set_text(&e->values, "SEES_QUERIES_VIEW", view_lines(e, definition, queries.data, "k kv_len"));
    template_set_text(&e->values, "SEES_KEYS_VIEW", view_lines(e, definition, keys.data, "k kv_len"));
}

static void set_near(struct emission *e, const struct definition *definition, int near, const char *suffix)
{
    struct text text = text_start(e->arena);
    if (near >= 0)
        expression_near_c(&text, &definition->score, near, suffix, score_tables(e, definition));
    template_set_boolean(&e->values, "HAS_NEAR", near >= 0);
    template_set_text(&e->values, "NEAR", text.data);
    template_set_text(&e->values, "NEAR_VIEW", view_lines(e, definition, text.data, "q k"));
}

static void set_scores(struct emission *e, const struct definition *definition, const struct descriptor *isa)
{
    const char *suffix = arena_format(e->arena, "_%s", isa->name), *tables = score_tables(e, definition);
    struct text queries = text_start(e->arena), keys = text_start(e->arena);
    const int near = expression_near(&definition->score);
    expression_score_c(&queries, &definition->score, EXPRESSION_Q, suffix, tables, near);
    expression_score_c(&keys, &definition->score, EXPRESSION_K, suffix, tables, -1);
    template_set_text(&e->values, "SCORE_QUERIES", queries.data);
    template_set_text(&e->values, "SCORE_KEYS_C", keys.data);
    template_set_text(&e->values, "SCORE_QUERIES_VIEW", view_lines(e, definition, queries.data, ""));
    template_set_text(&e->values, "SCORE_KEYS_VIEW", view_lines(e, definition, keys.data, ""));
    set_near(e, definition, near, suffix);
}

void emission_set_plan(struct emission *e, const struct definition *definition, const struct plan *plan)
{
    template_set_text(&e->values, "F", arena_format(e->arena, "_%s_%s", definition->name, plan->isa->name));
    set_tiles(e, plan);
    emission_set_batches(e, definition, plan);
    set_plan_lines(e, plan, definition);
    set_sees(e, definition, plan->isa);
    set_scores(e, definition, plan->isa);
}
