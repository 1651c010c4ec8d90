#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression_parser.h"

static const char *const type_names[] = {
    [EXPRESSION_BOOLEAN] = "boolean", [EXPRESSION_INTEGER] = "integer", [EXPRESSION_NUMBER] = "number", NULL
};

static const char *const axis_names[] = {
    [EXPRESSION_AXIS_SEQUENCE] = "sequence", [EXPRESSION_AXIS_HEAD] = "head", [EXPRESSION_AXIS_QUERY] = "query",
    [EXPRESSION_AXIS_KEY] = "key", NULL
};

const char *expression_type_name(enum expression_type type)
{
    return type_names[type];
}

const char *expression_axis_name(enum expression_axis axis)
{
    return axis_names[axis];
}

/* Lists ---------------------------------------------------------------------------------------- */

int expression_array_find(const struct expression_arrays *arrays, const char *name)
{
    for (int i = 0; i < arrays->count; i++)
        if (strcmp(arrays->list[i].name, name) == 0)
            return i;
    return -1;
}

static bool arrays_equal(const struct expression_array *a, const struct expression_array *b)
{
    bool equal = a->type == b->type && a->axes == b->axes && a->low == b->low && a->high == b->high;
    for (int axis = 0; equal && axis < a->axes; axis++)
        equal = a->axis[axis] == b->axis[axis] && a->size[axis] == b->size[axis];
    return equal;
}

int expression_array_add(struct expression_arrays *arrays, const struct expression_array *array)
{
    const int found = expression_array_find(arrays, array->name);
    if (found >= 0)
        return arrays_equal(&arrays->list[found], array) ? found : -1;
    if (arrays->count == EXPRESSION_ARRAYS)
        return -1;
    arrays->list[arrays->count] = *array;
    return arrays->count++;
}

bool expression_order_arrays(struct expression *expression, const struct expression_arrays *arrays)
{
    for (int i = 0; i < expression->count; i++) {
        struct expression_node *node = &expression->nodes[i];
        if (node->op == EXPRESSION_ELEMENT
            && (node->value = expression_array_find(arrays, expression->arrays.list[node->value].name)) < 0)
            return false;
    }
    expression->arrays = *arrays;
    return true;
}

bool expression_uses_arrays(const struct expression *expression)
{
    for (int i = 0; i < expression->count; i++)
        if (expression->nodes[i].op == EXPRESSION_ELEMENT)
            return true;
    return false;
}

void expression_places(const struct expression *expression, int element, int places[EXPRESSION_AXES])
{
    const struct expression_node *nodes = expression->nodes;
    for (int place = nodes[element].left; place >= 0; place = nodes[place].left)
        places[nodes[place].value] = nodes[place].right;
}

/* Text ----------------------------------------------------------------------------------------- */

/* Text in a buffer, cut at its end. */
struct line { char *text; size_t size, length; };

__attribute__((format(printf, 2, 3)))
static void print_format(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(line->text + line->length, line->size - line->length, format, arguments);
    va_end(arguments);
    const size_t room = line->size - line->length - 1;
    line->length += (size_t)more < room ? (size_t)more : room;
}

static void array_print(struct line *line, const struct expression_array *array)
{
    print_format(line, "%s ", type_names[array->type]);
    if (array->type == EXPRESSION_INTEGER && (array->low != -EXPRESSION_WHOLE || array->high != EXPRESSION_WHOLE))
        print_format(line, "%lld..%lld ", (long long)array->low, (long long)array->high);
    print_format(line, "%s", array->name);
    for (int axis = 0; axis < array->axes; axis++)
        if (array->axis[axis] == EXPRESSION_AXIS_SIZE)
            print_format(line, "[%d]", array->size[axis]);
        else
            print_format(line, "[%s]", axis_names[array->axis[axis]]);
}

void expression_arrays_print(const struct expression_arrays *arrays, char *text, size_t size)
{
    struct line line = { text, size, 0 };
    text[0] = '\0';
    for (int i = 0; i < arrays->count; i++) {
        print_format(&line, "%s", i > 0 ? ", " : "");
        array_print(&line, &arrays->list[i]);
    }
}

/* Reading -------------------------------------------------------------------------------------- */

/* Which of the names (NULL-ended) the next token is, which is then behind; -1 for none. */
static int word_take(struct parser *parser, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        if (parser_take(parser, names[i]))
            return i;
    return -1;
}

/* The size of an axis. */
static bool size_read(struct parser *parser, int *size)
{
    char *end;
    const long value = strtol(parser->token.start, &end, 10);
    if (parser->token.kind != TOKEN_NUMBER || end != parser->token.start + parser->token.length || value < 1
        || value > EXPRESSION_KEYS)
        return parser_unexpected(parser, "sequence, head, query, key or a size") >= 0;
    *size = (int)value;
    parser_next(parser);
    return true;
}

/* 0..31, which is one token; or nothing. */
static bool range_read(struct parser *parser, struct expression_array *array)
{
    int length = 0;
    long long low, high;
    array->low = -EXPRESSION_WHOLE;
    array->high = EXPRESSION_WHOLE;
    if (parser->token.kind == TOKEN_WORD)
        return true;
    if (sscanf(parser->token.start, "%lld..%lld%n", &low, &high, &length) != 2 || length == 0 || low > high || low < -INT32_MAX
        || high > INT32_MAX)
        return parser_unexpected(parser, "a range of integers of 32 bits, such as 0..31") >= 0;
    array->low = low;
    array->high = high;
    parser->token = token_read(parser->token.start + length);
    return true;
}

static bool axis_read(struct parser *parser, struct expression_array *array)
{
    int size = 0;
    if (array->axes == EXPRESSION_AXES)
        return expression_refuse(parser->error, parser_column(parser), "%s has more than %d axes", array->name, EXPRESSION_AXES);
    const int word = word_take(parser, axis_names);
    if (word < 0 && !size_read(parser, &size))
        return false;
    array->axis[array->axes] = word < 0 ? EXPRESSION_AXIS_SIZE : (enum expression_axis)word;
    array->size[array->axes] = size;
    array->axes++;
    return parser_expect(parser, "]");
}

static bool array_read(struct parser *parser, struct expression_array *array)
{
    *array = (struct expression_array){ .axes = 0 };
    const int type = word_take(parser, type_names);
    if (type < 0)
        return parser_unexpected(parser, "boolean, integer or number") >= 0;
    array->type = (enum expression_type)type;
    if (array->type == EXPRESSION_INTEGER && !range_read(parser, array))
        return false;
    if (parser->token.kind != TOKEN_WORD || parser->token.length >= EXPRESSION_NAME)
        return parser_unexpected(parser, "the name of an array") >= 0;
    memcpy(array->name, parser->token.start, parser->token.length);
    if (expression_word_is_taken(array->name))
        return parser_unexpected(parser, "a name that means nothing else") >= 0;
    parser_next(parser);
    while (parser_take(parser, "["))
        if (!axis_read(parser, array))
            return false;
    return array->axes > 0 || parser_expect(parser, "[");
}

bool expression_arrays_read(struct expression_arrays *arrays, const char *text, struct expression_error *error)
{
    struct parser parser = { .text = text, .token = token_read(text), .error = error };
    struct expression_array array;
    *arrays = (struct expression_arrays){ 0 };
    do {
        const int column = parser_column(&parser);
        if (!array_read(&parser, &array))
            return false;
        if (expression_array_find(arrays, array.name) >= 0)
            return expression_refuse(error, column, "the array %s stands twice", array.name);
        if (expression_array_add(arrays, &array) < 0)
            return expression_refuse(error, column, "there are more than %d arrays", EXPRESSION_ARRAYS);
    } while (parser_take(&parser, ","));
    return parser.token.kind == TOKEN_END || parser_unexpected(&parser, "',' or the end") >= 0;
}

/* Elements ------------------------------------------------------------------------------------- */

/* Rows of the queries belong to q, keys and sequences are numbered as q, k and b are; other axes are tables. */
static bool place_check(struct parser *parser, const struct expression_array *array, int axis, int place)
{
    static const struct { const char *takes; enum expression_variable first, second; } axes[] = {
        [EXPRESSION_AXIS_SEQUENCE] = { "sequences, which takes b", EXPRESSION_B, EXPRESSION_B },
        [EXPRESSION_AXIS_QUERY]    = { "queries, which takes q",   EXPRESSION_Q, EXPRESSION_Q },
        [EXPRESSION_AXIS_KEY]      = { "keys, which takes q or k", EXPRESSION_Q, EXPRESSION_K }
    };
    const enum expression_axis kind = array->axis[axis];
    const struct expression_node *node = &parser->tree.nodes[place];
    char text[64];
    if (kind == EXPRESSION_AXIS_HEAD || kind == EXPRESSION_AXIS_SIZE)
        return operand_check(parser, EXPRESSION_PLACE, place);
    if (node->op == EXPRESSION_VARIABLE && (node->value == axes[kind].first || node->value == axes[kind].second))
        return true;
    expression_print_node(&parser->tree, place, text, sizeof text);
    return expression_refuse(parser->error, node->column, "axis %d of %s is over %s; found `%s`", axis + 1, array->name,
                             axes[kind].takes, text);
}

/* The places of an element, one in brackets for each axis; the last one's node, or -1. */
static int parse_places(struct parser *parser, const struct expression_array *array)
{
    int places = -1;
    for (int axis = 0; axis < array->axes; axis++) {
        const int column = parser_column(parser);
        if (!parser_expect(parser, "["))
            return -1;
        const int place = parse_whole(parser);
        if (place < 0 || !place_check(parser, array, axis, place) || !parser_expect(parser, "]"))
            return -1;
        places = parser_add(parser, (struct expression_node){ EXPRESSION_PLACE, EXPRESSION_INTEGER, -1, places, place, axis, 0.0, column });
        if (places < 0)
            return -1;
    }
    return places;
}

int parse_array(struct parser *parser, const struct expression_array *array)
{
    const int column = parser_column(parser), index = expression_array_add(&parser->tree.arrays, array);
    if (index < 0) {
        expression_refuse_size(parser->error, column, &parser->tree);
        return -1;
    }
    parser_next(parser);
    const int places = parse_places(parser, array);
    return places < 0 ? -1 : parser_add(parser, (struct expression_node){ EXPRESSION_ELEMENT, array->type, -1, places, -1, index, 0.0, column });
}
