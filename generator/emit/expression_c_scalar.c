#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression_c.h"
#include "number_c.h"

enum { LINE_BYTES = 100 };     /* a table's line ends before it is longer */

/* Scalar code being written. */
struct scalar { struct text *text; const struct expression *expression; const char *tables; };

static void scalar_put(const struct scalar *scalar, int index, enum expression_level level);

/* Literals and tables -------------------------------------------------------------------------- */

void float_c(struct text *text, double number)
{
    char digits[40];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)(float)number);
        if (strtof(digits, NULL) == (float)number)
            break;
    }
    text_format(text, strpbrk(digits, ".e") == NULL ? "%s.0f" : "%sf", digits);
}

/* The first table with the same values. */
static int table_first(const struct expression *expression, int table)
{
    const struct expression_table *list = expression->tables.list;
    const double *values = expression->tables.values;
    int first = 0;
    while (list[first].count != list[table].count || list[first].type != list[table].type
           || memcmp(values + list[first].first, values + list[table].first, (size_t)list[table].count * sizeof *values) != 0)
        first++;
    return first;
}

void table_name_c(struct text *text, const struct expression *expression, int table, const char *tables)
{
    text_format(text, "%s%d", tables, table_first(expression, table));
}

static void table_put(struct text *text, const struct expression *expression, int table)
{
    const struct expression_table *list = &expression->tables.list[table];
    size_t line = text->length;
    for (int i = 0; i < list->count; i++) {
        const double value = expression->tables.values[list->first + i];
        const bool full = text->length - line > LINE_BYTES - 20;
        line = full ? text->length : line;
        text_put(text, i == 0 ? "\n    " : full ? ",\n    " : ", ");
        if (list->type == EXPRESSION_INTEGER)
            text_format(text, "%.0f", value);
        else
            float_c(text, value);
    }
}

void expression_tables_c(struct text *text, const struct expression *expression, const char *tables)
{
    for (int i = 0; i < expression->tables.count; i++) {
        if (table_first(expression, i) != i)
            continue;
        text_format(text, "static const %s %s%d[] = {", expression->tables.list[i].type == EXPRESSION_INTEGER ? "int32_t" : "float",
                    tables, i);
        table_put(text, expression, i);
        text_put(text, "\n};\n");
    }
}

/* Operators ------------------------------------------------------------------------------------ */

static void scalar_leaf(const struct scalar *scalar, const struct expression_node *node)
{
    if (node->op == EXPRESSION_VARIABLE)
        text_put(scalar->text, expression_variable_name((enum expression_variable)node->value));
    else if (node->op == EXPRESSION_DECIMAL)
        float_c(scalar->text, node->number);
    else
        text_format(scalar->text, "%lld", node->op == EXPRESSION_TRUE ? 1 : (long long)node->value);
}

/* An operand; as a float where numbers meet. */
static void scalar_operand(const struct scalar *scalar, int index, bool number, enum expression_level level)
{
    const struct expression_node *node = &scalar->expression->nodes[index];
    if (!number || node->type == EXPRESSION_NUMBER)
        scalar_put(scalar, index, level);
    else if (node->op == EXPRESSION_CONSTANT)
        float_c(scalar->text, (double)node->value);
    else {
        text_put(scalar->text, "(float)");
        scalar_put(scalar, index, LEVEL_LEAF);
    }
}

/* What the operator is called as, or NULL. */
static const char *call_name(enum expression_op op)
{
    static const char *const names[EXPRESSION_OPS] = {
        [EXPRESSION_DIVIDE] = "attn_floor_div", [EXPRESSION_MODULO] = "attn_floor_mod", [EXPRESSION_ABS] = "attn_magnitude",
        [EXPRESSION_MIN] = "attn_smaller", [EXPRESSION_MAX] = "attn_larger"
    };
    return names[op];
}

static void scalar_call(const struct scalar *scalar, const struct expression_node *node)
{
    text_format(scalar->text, "%s(", call_name(node->op));
    scalar_put(scalar, node->left, LEVEL_CONDITIONAL);
    if (node->right >= 0) {
        text_put(scalar->text, ", ");
        scalar_put(scalar, node->right, LEVEL_CONDITIONAL);
    }
    text_put(scalar->text, ")");
}

static void scalar_table(const struct scalar *scalar, const struct expression_node *node)
{
    table_name_c(scalar->text, scalar->expression, (int)node->value, scalar->tables);
    text_put(scalar->text, "[");
    scalar_put(scalar, node->left, LEVEL_CONDITIONAL);
    text_put(scalar->text, "]");
}

/* Where an element lies on one axis. */
static void scalar_place(const struct scalar *scalar, const struct expression_array *array, int axis, int place)
{
    const struct expression_node *node = &scalar->expression->nodes[place];
    if (array->axis[axis] == EXPRESSION_AXIS_QUERY)
        text_put(scalar->text, "(view->row + q)");
    else if (array->axis[axis] == EXPRESSION_AXIS_KEY && node->value == EXPRESSION_Q)
        text_put(scalar->text, "attn_key(q, kv_len)");
    else
        scalar_put(scalar, place, LEVEL_LEAF);
}

void array_offset_c(struct text *text, const struct expression *expression, int element, const int *axes, const char *tables)
{
    const struct scalar scalar = { text, expression, tables };
    const struct expression_array *array = &expression->arrays.list[expression->nodes[element].value];
    const size_t start = text->length;
    int places[EXPRESSION_AXES];
    expression_places(expression, element, places);
    for (int axis = 0; axis < array->axes; axis++) {
        if (axes != NULL && !axes[axis])
            continue;
        text_put(text, text->length > start ? " + " : "");
        scalar_place(&scalar, array, axis, places[axis]);
        text_format(text, " * array_%s->stride[%d]", array->name, axis);
    }
    text_put(text, text->length > start ? "" : "0");
}

static void scalar_element(const struct scalar *scalar, int index)
{
    const struct expression_array *array = &scalar->expression->arrays.list[scalar->expression->nodes[index].value];
    text_format(scalar->text, "attn_%s(array_%s, ", expression_type_name(array->type), array->name);
    array_offset_c(scalar->text, scalar->expression, index, NULL, scalar->tables);
    text_put(scalar->text, ")");
}

static void scalar_conditional(const struct scalar *scalar, const struct expression_node *node)
{
    const bool number = node->type == EXPRESSION_NUMBER;
    scalar_put(scalar, node->condition, LEVEL_OR);
    text_put(scalar->text, " ? ");
    scalar_operand(scalar, node->left, number, LEVEL_OR);
    text_put(scalar->text, " : ");
    scalar_operand(scalar, node->right, number, LEVEL_OR);
}

/* An `or` puts its `and`s into parentheses, since compilers warn where they are missing. */
static void scalar_binary(const struct scalar *scalar, const struct expression_node *node)
{
    static const char *const symbols[EXPRESSION_OPS] = {
        [EXPRESSION_ADD] = "+", [EXPRESSION_SUBTRACT] = "-", [EXPRESSION_MULTIPLY] = "*", [EXPRESSION_QUOTIENT] = "/",
        [EXPRESSION_EQUAL] = "==", [EXPRESSION_UNEQUAL] = "!=", [EXPRESSION_LESS] = "<", [EXPRESSION_LESS_EQUAL] = "<=",
        [EXPRESSION_GREATER] = ">", [EXPRESSION_GREATER_EQUAL] = ">=", [EXPRESSION_AND] = "&&", [EXPRESSION_OR] = "||"
    };
    const enum expression_level level = expression_operator(node->op)->level;
    const bool mixed = node->op == EXPRESSION_OR && scalar->expression->nodes[node->left].op == EXPRESSION_AND;
    const bool number = expression_has_numbers(scalar->expression, node);
    scalar_operand(scalar, node->left, number, mixed ? LEVEL_COMPARISON : level);
    text_format(scalar->text, " %s ", symbols[node->op]);
    scalar_operand(scalar, node->right, number, level == LEVEL_OR ? LEVEL_COMPARISON : level + 1);
}

static void scalar_operation(const struct scalar *scalar, int index)
{
    const struct expression_node *node = &scalar->expression->nodes[index];
    if (node->op == EXPRESSION_ELEMENT)
        scalar_element(scalar, index);
    else if (call_name(node->op) != NULL)
        scalar_call(scalar, node);
    else if (node->op == EXPRESSION_TABLE)
        scalar_table(scalar, node);
    else if (node->op == EXPRESSION_IF)
        scalar_conditional(scalar, node);
    else if (node->right >= 0)
        scalar_binary(scalar, node);
    else if (node->left >= 0) {
        text_put(scalar->text, node->op == EXPRESSION_NOT ? "!" : "-");
        scalar_put(scalar, node->left, LEVEL_LEAF);
    } else
        scalar_leaf(scalar, node);
}

/* In parentheses when it binds looser than level. */
static void scalar_put(const struct scalar *scalar, int index, enum expression_level level)
{
    const struct expression_node *node = &scalar->expression->nodes[index];
    const bool apart = call_name(node->op) == NULL && expression_operator(node->op)->level < level;
    text_put(scalar->text, apart ? "(" : "");
    scalar_operation(scalar, index);
    text_put(scalar->text, apart ? ")" : "");
}

void expression_scalar_c(struct text *text, const struct expression *expression, int node, const char *tables)
{
    const struct scalar scalar = { text, expression, tables };
    scalar_put(&scalar, node, LEVEL_CONDITIONAL);
}

void expression_float_c(struct text *text, const struct expression *expression, int node, const char *tables)
{
    const struct scalar scalar = { text, expression, tables };
    scalar_operand(&scalar, node, true, LEVEL_CONDITIONAL);
}
