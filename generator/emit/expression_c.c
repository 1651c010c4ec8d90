#include "expression_c.h"
#include "number_c.h"

/* Vector code being written. */
struct vector {
    struct text *text;
    const struct expression *expression;
    enum expression_variable varying;
    const char *suffix, *tables;
    int near;                     /* the node that is the vector `near` already, or -1 */
};

static void vector_put(const struct vector *vector, int index);

/* Whether some node at or under index is one that the test finds. */
static bool vector_has(const struct vector *vector, int index, bool (*test)(const struct vector *, const struct expression_node *))
{
    if (index < 0)
        return false;
    const struct expression_node *node = &vector->expression->nodes[index];
    return test(vector, node) || vector_has(vector, node->condition, test) || vector_has(vector, node->left, test)
           || vector_has(vector, node->right, test);
}

/* Scalar C has no functions of floats: their operands are spread first. */
static bool node_is_vector(const struct vector *vector, const struct expression_node *node)
{
    return (node->op == EXPRESSION_VARIABLE && node->value == vector->varying) || node->op == EXPRESSION_SCORE
           || (expression_is_function(node->op) && node->type == EXPRESSION_NUMBER);
}

static void vector_spread(const struct vector *vector, int index, bool number)
{
    static const char *const names[] = { [EXPRESSION_BOOLEAN] = "mset", [EXPRESSION_INTEGER] = "iset", [EXPRESSION_NUMBER] = "vset" };
    const enum expression_type type = number ? EXPRESSION_NUMBER : vector->expression->nodes[index].type;
    text_format(vector->text, "%s%s(", names[type], vector->suffix);
    if (number)
        expression_float_c(vector->text, vector->expression, index, vector->tables);
    else
        expression_scalar_c(vector->text, vector->expression, index, vector->tables);
    text_put(vector->text, ")");
}

/* An operand; as a vector of floats where numbers meet. */
static void vector_operand(const struct vector *vector, int index, bool number)
{
    const bool converts = number && vector->expression->nodes[index].type == EXPRESSION_INTEGER;
    if (!vector_has(vector, index, node_is_vector)) {
        vector_spread(vector, index, number);
        return;
    }
    if (converts)
        text_format(vector->text, "vfromi%s(", vector->suffix);
    vector_put(vector, index);
    text_put(vector->text, converts ? ")" : "");
}

static void vector_operands(const struct vector *vector, int first, int second, bool number)
{
    vector_operand(vector, first, number);
    if (second >= 0) {
        text_put(vector->text, ", ");
        vector_operand(vector, second, number);
    }
    text_put(vector->text, ")");
}

static void vector_table(const struct vector *vector, const struct expression_node *node)
{
    text_format(vector->text, "%stable%s(", node->type == EXPRESSION_NUMBER ? "v" : "i", vector->suffix);
    table_name_c(vector->text, vector->expression, (int)node->value, vector->tables);
    text_put(vector->text, ", ");
    vector_put(vector, node->left);
    text_put(vector->text, ")");
}

/* The places of neighbouring lanes: the first of them, and between which they stay. */
static void vector_span(const struct vector *vector, enum expression_axis axis)
{
    const char *name = expression_variable_name(vector->varying);
    text_format(vector->text, axis == EXPRESSION_AXIS_QUERY ? "ifirst%s(%s), view->query_first, view->query_last"
                                                            : "ifirst%s(%s), 0, kv_len - 1", vector->suffix, name);
}

/* Whether an axis is counted by queries or keys themselves, so that lanes are neighbours. */
static bool axis_is_counted(enum expression_axis axis)
{
    return axis == EXPRESSION_AXIS_QUERY || axis == EXPRESSION_AXIS_KEY;
}

/* The part of an element's place that is the same for all lanes. */
static void vector_base(const struct vector *vector, int index, const int *varies, const int *steady)
{
    const struct expression_array *array = &vector->expression->arrays.list[vector->expression->nodes[index].value];
    array_offset_c(vector->text, vector->expression, index, steady, vector->tables);
    for (int axis = 0; axis < array->axes; axis++)
        if (varies[axis] && array->axis[axis] == EXPRESSION_AXIS_QUERY)
            text_format(vector->text, " + view->row * array_%s->stride[%d]", array->name, axis);
}

/* One axis varies: neighbours on it, or any places. */
static void vector_line(const struct vector *vector, const struct expression_array *array, int axis, int place)
{
    text_format(vector->text, ", array_%s->stride[%d], ", array->name, axis);
    if (axis_is_counted(array->axis[axis]))
        vector_span(vector, array->axis[axis]);
    else
        vector_put(vector, place);
    text_put(vector->text, ")");
}

/* Several do: the lanes' places are summed axis by axis. */
static void vector_lanes(const struct vector *vector, int index, const int *varies, const int *steady)
{
    const struct expression_array *array = &vector->expression->arrays.list[vector->expression->nodes[index].value];
    int places[EXPRESSION_AXES];
    expression_places(vector->expression, index, places);
    for (int axis = array->axes - 1; axis >= 0; axis--)
        if (varies[axis])
            text_format(vector->text, "%s%s(", axis_is_counted(array->axis[axis]) ? "lanes_span" : "lanes_pick", vector->suffix);
    text_format(vector->text, "lanes_start%s(", vector->suffix);
    vector_base(vector, index, varies, steady);
    text_put(vector->text, ")");
    for (int axis = 0; axis < array->axes; axis++)
        if (varies[axis])
            vector_line(vector, array, axis, places[axis]);
    text_put(vector->text, ")");
}

static void vector_element(const struct vector *vector, int index)
{
    static const char letters[] = { [EXPRESSION_BOOLEAN] = 'm', [EXPRESSION_INTEGER] = 'i', [EXPRESSION_NUMBER] = 'v' };
    const struct expression_array *array = &vector->expression->arrays.list[vector->expression->nodes[index].value];
    int places[EXPRESSION_AXES], varies[EXPRESSION_AXES], steady[EXPRESSION_AXES], count = 0, last = 0;
    expression_places(vector->expression, index, places);
    for (int axis = 0; axis < array->axes; axis++) {
        varies[axis] = vector_has(vector, places[axis], node_is_vector);
        steady[axis] = !varies[axis];
        last = varies[axis] ? axis : last;
        count += varies[axis];
    }
    const char *function = count > 1 ? "lanes" : axis_is_counted(array->axis[last]) ? "span" : "pick";
    text_format(vector->text, "%c%s%s(array_%s, ", letters[array->type], function, vector->suffix, array->name);
    if (count > 1) {
        vector_lanes(vector, index, varies, steady);
        return;
    }
    vector_base(vector, index, varies, steady);
    vector_line(vector, array, last, places[last]);
}

static void vector_conditional(const struct vector *vector, const struct expression_node *node)
{
    text_format(vector->text, "%sselect%s(", node->type == EXPRESSION_NUMBER ? "v" : "i", vector->suffix);
    vector_put(vector, node->condition);
    text_put(vector->text, ", ");
    vector_operands(vector, node->left, node->right, node->type == EXPRESSION_NUMBER);
}

static void vector_operation(const struct vector *vector, const struct expression_node *node)
{
    static const struct { const char *integer, *number; bool swapped, inverted; } operations[EXPRESSION_OPS] = {
        [EXPRESSION_NEGATE]        = { "isub", "vsub",   false, false },      /* from 0 */
        [EXPRESSION_ADD]           = { "iadd", "vadd",   false, false },
        [EXPRESSION_SUBTRACT]      = { "isub", "vsub",   false, false },
        [EXPRESSION_MULTIPLY]      = { "imul", "vmul",   false, false },
        [EXPRESSION_DIVIDE]        = { "idiv", NULL,     false, false },
        [EXPRESSION_MODULO]        = { "imod", NULL,     false, false },
        [EXPRESSION_QUOTIENT]      = { NULL,   "vdiv",   false, false },
        [EXPRESSION_EQUAL]         = { "ieq",  "veq",    false, false },
        [EXPRESSION_UNEQUAL]       = { "ieq",  "veq",    false, true },
        [EXPRESSION_LESS]          = { "ilt",  "vlt",    false, false },
        [EXPRESSION_LESS_EQUAL]    = { "ile",  "vle",    false, false },
        [EXPRESSION_GREATER]       = { "ilt",  "vlt",    true,  false },
        [EXPRESSION_GREATER_EQUAL] = { "ile",  "vle",    true,  false },
        [EXPRESSION_AND]           = { "mand", NULL,     false, false },
        [EXPRESSION_OR]            = { "mor",  NULL,     false, false },
        [EXPRESSION_NOT]           = { "mnot", NULL,     false, false },
        [EXPRESSION_ABS]           = { "iabs", "vabs",   false, false },
        [EXPRESSION_MIN]           = { "imin", "vmin",   false, false },
        [EXPRESSION_MAX]           = { "imax", "vmax",   false, false },
        [EXPRESSION_FLOOR]         = { NULL,   "vfloor", false, false },
        [EXPRESSION_EXP]           = { NULL,   "vexp",   false, false },
        [EXPRESSION_LOG]           = { NULL,   "vlog",   false, false },
        [EXPRESSION_TANH]          = { NULL,   "vtanh",  false, false },
        [EXPRESSION_SQRT]          = { NULL,   "vsqrt",  false, false },
        [EXPRESSION_BF16]          = { NULL,   "vbf16",  false, false }
    };
    const char *suffix = vector->suffix;
    const bool number = expression_has_numbers(vector->expression, node);
    const bool swapped = operations[node->op].swapped, inverted = operations[node->op].inverted;
    if (inverted)
        text_format(vector->text, "mnot%s(", suffix);
    text_format(vector->text, "%s%s(", number ? operations[node->op].number : operations[node->op].integer, suffix);
    if (node->op == EXPRESSION_NEGATE)
        text_format(vector->text, number ? "vset%s(-0.0f), " : "iset%s(0), ", suffix);      /* -0.0 - 0.0 is -0.0 */
    vector_operands(vector, swapped ? node->right : node->left, swapped ? node->left : node->right, number);
    text_put(vector->text, inverted ? ")" : "");
}

static void vector_put(const struct vector *vector, int index)
{
    const struct expression_node *node = &vector->expression->nodes[index];
    if (index == vector->near)
        text_put(vector->text, "near");
    else if (!vector_has(vector, index, node_is_vector))
        vector_spread(vector, index, false);
    else if (node->op == EXPRESSION_VARIABLE)
        text_put(vector->text, expression_variable_name(vector->varying));
    else if (node->op == EXPRESSION_SCORE)
        text_put(vector->text, "s");
    else if (node->op == EXPRESSION_TABLE)
        vector_table(vector, node);
    else if (node->op == EXPRESSION_ELEMENT)
        vector_element(vector, index);
    else if (node->op == EXPRESSION_IF)
        vector_conditional(vector, node);
    else
        vector_operation(vector, node);
}

void expression_vector_c(struct text *text, const struct expression *expression, enum expression_variable varying,
                         const char *suffix, const char *tables)
{
    const struct vector vector = { text, expression, varying, suffix, tables, -1 };
    vector_put(&vector, expression->count - 1);
}

void expression_score_c(struct text *text, const struct expression *score, enum expression_variable varying,
                        const char *suffix, const char *tables, int near)
{
    const struct vector vector = { text, score, varying, suffix, tables, near };
    vector_operand(&vector, score->count - 1, true);
}

void expression_near_c(struct text *text, const struct expression *score, int near, const char *suffix, const char *tables)
{
    const struct vector vector = { text, score, EXPRESSION_Q, suffix, tables, -1 };
    vector_put(&vector, near);
}
