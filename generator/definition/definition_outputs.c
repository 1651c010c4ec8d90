#include <string.h>

#include "../base/text.h"
#include "definition_parts.h"

static const char *const outputs_fields[] = { "matrix", "heads", "column_sums", NULL };
static const char *const matrix_names[MATRICES + 1] = { "none", "product", "scored", "masked", "normalized", NULL };

const char *definition_matrix_name(enum definition_matrix matrix)
{
    return matrix_names[matrix];
}

bool definition_has_outputs(const struct definition *definition)
{
    return definition->outputs.matrix != MATRIX_NONE || definition->outputs.column_sums;
}

static bool head_is_kept(const struct definition *definition, int64_t head)
{
    for (int i = 0; i < definition->kept.heads; i++)
        if (definition_head(definition, i) == head)
            return true;
    return false;
}

/* Numbers ascend, so that equal choices have equal lines. */
static bool read_head(struct definition *definition, int *heads, const struct value *item, const struct fields *fields)
{
    struct outputs *outputs = &definition->outputs;
    const int least = outputs->head_count > 0 ? heads[outputs->head_count - 1] + 1 : 0;
    int64_t head;
    if (value_is_whole(item, &head) && head >= least && head_is_kept(definition, head)) {
        heads[outputs->head_count++] = (int)head;
        return true;
    }
    report_error(fields->report, item->where, "%sheads[%d] is %s; expected numbers of the layer's heads%s, in ascending order",
                 fields->path, outputs->head_count + 1, value_describe(item, fields->arena),
                 definition->kept.head != NULL ? " that keep leaves" : "");
    return false;
}

/* Without a list, the matrix has all heads that are left. */
static bool read_matrix_heads(struct definition *definition, const struct fields *fields)
{
    struct outputs *outputs = &definition->outputs;
    const struct value *list = value_field(fields->table, "heads");
    int *heads = arena_alloc(fields->arena, (size_t)definition->heads, sizeof *heads);
    outputs->heads = heads;
    for (int i = 0; list == NULL && outputs->matrix != MATRIX_NONE && i < definition->kept.heads; i++)
        heads[outputs->head_count++] = definition_head(definition, i);
    if (list == NULL)
        return true;
    if (outputs->matrix == MATRIX_NONE)
        return fields_refuse(fields, "heads", "matrix beside it, whose heads they are");
    if (list->kind != VALUE_TABLE || list->field_count > 0 || list->item_count == 0)
        return fields_refuse(fields, "heads", "a list of head numbers, such as { 0 }");
    for (int i = 0; i < list->item_count; i++)
        if (!read_head(definition, heads, list->items[i], fields))
            return false;
    return true;
}

static bool read_column_sums(struct definition *definition, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, "column_sums");
    if (value != NULL && value->kind != VALUE_BOOLEAN)
        return fields_refuse(fields, "column_sums", "true or false");
    definition->outputs.column_sums = value != NULL && value->boolean;
    return true;
}

/* Scores of keys that no query sees are read, too, and of those a ring keeps not all. */
static bool matrix_fits_layout(const struct definition *definition, const struct fields *fields)
{
    const enum definition_matrix matrix = definition->outputs.matrix;
    return (matrix != MATRIX_PRODUCT && matrix != MATRIX_SCORED) || definition->ring_reach < 0
        || fields_refuse(fields, "matrix", "masked or normalized, as a ring has overwritten keys that no query sees any more");
}

static bool read_outputs(struct definition *definition, const struct fields *fields)
{
    const int matrix = definition_read_choice(fields, "matrix", matrix_names);
    if (matrix < 0)
        return false;
    definition->outputs.matrix = (enum definition_matrix)matrix;
    if (!read_matrix_heads(definition, fields) || !read_column_sums(definition, fields) || !matrix_fits_layout(definition, fields))
        return false;
    if (definition->outputs.matrix == MATRIX_SCORED && !definition_has_score(definition))
        definition->outputs.matrix = MATRIX_PRODUCT;        /* the same numbers */
    if (definition_has_outputs(definition))
        return true;
    report_error(fields->report, fields->table->where, "%s asks for nothing; expected matrix = %s or column_sums = true",
                 arena_copy(fields->arena, fields->path, strlen(fields->path) - 1), "product, scored, masked or normalized,");
    return false;
}

bool definition_read_outputs(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    const struct value *value = value_field(fields->table, "outputs");
    if (value == NULL)
        return true;
    if (value->kind != VALUE_TABLE)
        return fields_refuse(fields, "outputs", "a table: outputs = { matrix = normalized, heads = { 0 }, column_sums = true }");
    const struct fields own = { value, arena_format(reader->arena, "%soutputs.", reader->path), reader->arena, reader->report };
    return fields_known(&own, outputs_fields) && read_outputs(definition, &own);
}

void definition_heads_print(struct text *text, const struct outputs *outputs, const char *between)
{
    for (int i = 0; i < outputs->head_count; i++)
        text_format(text, "%s%d", i > 0 ? between : "", outputs->heads[i]);
}

/* The list of heads stands there unless it is all of them. */
void definition_outputs_print(struct text *line, const struct definition *definition)
{
    const struct outputs *outputs = &definition->outputs;
    if (outputs->matrix != MATRIX_NONE)
        text_format(line, " matrix=%s", matrix_names[outputs->matrix]);
    if (outputs->matrix != MATRIX_NONE && outputs->head_count < definition->kept.heads) {
        text_put(line, " matrix.heads=");
        definition_heads_print(line, outputs, ",");
    }
    if (outputs->column_sums)
        text_put(line, " column_sums=true");
}
