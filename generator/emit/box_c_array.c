/*
** Elements of arrays over boxes: their places, and the range of what stands there, which
** emitted code looks up.
*/
#include <string.h>

#include "../expression/expression_tree.h"
#include "box_c.h"

/* The first and last place of an element on one axis. */
static struct ends place_ends(struct box_writer *writer, const struct expression_array *array, int axis, int place)
{
    const struct ends ends = box_integer(writer, place);
    const char *format = array->axis[axis] == EXPRESSION_AXIS_QUERY ? "attn_row(view, %s)"
                       : array->axis[axis] == EXPRESSION_AXIS_KEY && writer->expression->nodes[place].value == EXPRESSION_Q
                       ? "attn_key(%s, kv_len)" : "%s";
    return (struct ends){ arena_format(writer->arena, format, ends.low), arena_format(writer->arena, format, ends.high) };
}

/* The same for all axes, between commas. */
static struct ends places_ends(struct box_writer *writer, int index)
{
    const struct expression_array *array = &writer->expression->arrays.list[writer->expression->nodes[index].value];
    struct text first = text_start(writer->arena), last = text_start(writer->arena);
    int places[EXPRESSION_AXES];
    expression_places(writer->expression, index, places);
    for (int axis = 0; axis < array->axes; axis++) {
        const struct ends ends = place_ends(writer, array, axis, places[axis]);
        text_format(&first, "%s%s", axis > 0 ? ", " : "", ends.low);
        text_format(&last, "%s%s", axis > 0 ? ", " : "", ends.high);
    }
    return (struct ends){ first.data, last.data };
}

struct ends box_element(struct box_writer *writer, int index)
{
    const struct expression_array *array = &writer->expression->arrays.list[writer->expression->nodes[index].value];
    const bool boolean = array->type == EXPRESSION_BOOLEAN;
    const char *name = arena_format(writer->arena, "range%d", index);
    const struct ends ends = { arena_format(writer->arena, "%s.low", name), arena_format(writer->arena, "%s.high", name) };
    if (writer->written[index])
        return ends;
    const struct ends places = places_ends(writer, index);
    const char *text = arena_format(writer->arena,
        "    const struct attn_range %s = attn_range_of_%ss(array_%s, %d, (const int64_t[]){ %s },\n"
        "        (const int64_t[]){ %s }, %lld, %lld);\n", name, expression_type_name(array->type), array->name, array->axes,
        places.low, places.high, boolean ? 0 : (long long)array->low,
        boolean ? 1 : (long long)array->high);
    writer->locals[writer->local_count++] = (struct box_local){ name, text };
    writer->written[index] = true;
    return ends;
}

/* Whether the axis counts keys by k itself. */
static bool axis_is_key(const struct box_writer *writer, const struct expression_array *array, int axis, int place)
{
    const struct expression_node *node = &writer->expression->nodes[place];
    return array->axis[axis] == EXPRESSION_AXIS_KEY && node->op == EXPRESSION_VARIABLE && node->value == EXPRESSION_K;
}

bool box_key_line(struct box_writer *writer, int index, struct key_line *line)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    const struct expression_array *array = &writer->expression->arrays.list[node->value];
    struct text start = text_start(writer->arena);
    int places[EXPRESSION_AXES];
    *line = (struct key_line){ .array = array->name, .index = (int)node->value, .axis = -1, .bounded = array->type == EXPRESSION_INTEGER };
    if (node->op != EXPRESSION_ELEMENT || array->type != EXPRESSION_INTEGER)
        return false;
    expression_places(writer->expression, index, places);
    for (int axis = 0; axis < array->axes; axis++) {
        const struct ends ends = place_ends(writer, array, axis, places[axis]);
        if (axis_is_key(writer, array, axis, places[axis]) && line->axis < 0)
            line->axis = axis;
        else if (strcmp(ends.low, ends.high) != 0)
            return false;
        else
            text_format(&start, "%s%s * array_%s->stride[%d]", start.length > 0 ? " + " : "", ends.low, array->name, axis);
        line->bounded = line->bounded && (array->axis[axis] == EXPRESSION_AXIS_KEY || array->axis[axis] == EXPRESSION_AXIS_SEQUENCE);
    }
    line->start = start.length > 0 ? start.data : "0";
    return line->axis >= 0;
}
