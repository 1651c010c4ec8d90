#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "expression_tree.h"

const struct expression_operator *expression_operator(enum expression_op op)
{
    static const struct expression_operator operators[EXPRESSION_OPS] = {
        /*                              symbol   level       operands */
        [EXPRESSION_CONSTANT]      = { "number", LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_DECIMAL]       = { "number", LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_TRUE]          = { "true",   LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_FALSE]         = { "false",  LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_VARIABLE]      = { "name",   LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_SCORE]         = { "s",      LEVEL_LEAF,        0, SIGNATURE_LEAF },
        [EXPRESSION_NEGATE]        = { "-",      LEVEL_UNARY,       1, SIGNATURE_EITHER },
        [EXPRESSION_ADD]           = { "+",      LEVEL_SUM,         2, SIGNATURE_EITHER },
        [EXPRESSION_SUBTRACT]      = { "-",      LEVEL_SUM,         2, SIGNATURE_EITHER },
        [EXPRESSION_MULTIPLY]      = { "*",      LEVEL_PRODUCT,     2, SIGNATURE_EITHER },
        [EXPRESSION_DIVIDE]        = { "//",     LEVEL_PRODUCT,     2, SIGNATURE_INTEGER },
        [EXPRESSION_MODULO]        = { "%",      LEVEL_PRODUCT,     2, SIGNATURE_INTEGER },
        [EXPRESSION_QUOTIENT]      = { "/",      LEVEL_PRODUCT,     2, SIGNATURE_NUMBER },
        [EXPRESSION_EQUAL]         = { "==",     LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_UNEQUAL]       = { "~=",     LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_LESS]          = { "<",      LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_LESS_EQUAL]    = { "<=",     LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_GREATER]       = { ">",      LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_GREATER_EQUAL] = { ">=",     LEVEL_COMPARISON,  2, SIGNATURE_COMPARISON },
        [EXPRESSION_AND]           = { "and",    LEVEL_AND,         2, SIGNATURE_BOOLEAN },
        [EXPRESSION_OR]            = { "or",     LEVEL_OR,          2, SIGNATURE_BOOLEAN },
        [EXPRESSION_NOT]           = { "not",    LEVEL_UNARY,       1, SIGNATURE_BOOLEAN },
        [EXPRESSION_ABS]           = { "abs",    LEVEL_LEAF,        1, SIGNATURE_EITHER },
        [EXPRESSION_MIN]           = { "min",    LEVEL_LEAF,        2, SIGNATURE_EITHER },
        [EXPRESSION_MAX]           = { "max",    LEVEL_LEAF,        2, SIGNATURE_EITHER },
        [EXPRESSION_FLOOR]         = { "floor",  LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_EXP]           = { "exp",    LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_LOG]           = { "log",    LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_TANH]          = { "tanh",   LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_SQRT]          = { "sqrt",   LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_BF16]          = { "bf16",   LEVEL_LEAF,        1, SIGNATURE_NUMBER },
        [EXPRESSION_IF]            = { "if",     LEVEL_CONDITIONAL, 2, SIGNATURE_EITHER },
        [EXPRESSION_TABLE]         = { "[]",     LEVEL_LEAF,        1, SIGNATURE_INTEGER },
        [EXPRESSION_ELEMENT]       = { "[]",     LEVEL_LEAF,        1, SIGNATURE_INTEGER },
        [EXPRESSION_PLACE]         = { "[]",     LEVEL_LEAF,        2, SIGNATURE_INTEGER }
    };
    return &operators[op];
}

enum expression_op expression_opposite(enum expression_op op)
{
    static const enum expression_op opposites[] = {
        [EXPRESSION_EQUAL]   = EXPRESSION_UNEQUAL,       [EXPRESSION_UNEQUAL]       = EXPRESSION_EQUAL,
        [EXPRESSION_LESS]    = EXPRESSION_GREATER_EQUAL, [EXPRESSION_GREATER_EQUAL] = EXPRESSION_LESS,
        [EXPRESSION_GREATER] = EXPRESSION_LESS_EQUAL,    [EXPRESSION_LESS_EQUAL]    = EXPRESSION_GREATER
    };
    return opposites[op];
}

enum expression_op expression_mirrored(enum expression_op op)
{
    static const enum expression_op mirrored[] = {
        [EXPRESSION_EQUAL]   = EXPRESSION_EQUAL,   [EXPRESSION_UNEQUAL]       = EXPRESSION_UNEQUAL,
        [EXPRESSION_LESS]    = EXPRESSION_GREATER, [EXPRESSION_GREATER_EQUAL] = EXPRESSION_LESS_EQUAL,
        [EXPRESSION_GREATER] = EXPRESSION_LESS,    [EXPRESSION_LESS_EQUAL]    = EXPRESSION_GREATER_EQUAL
    };
    return mirrored[op];
}

const char *expression_variable_name(enum expression_variable variable)
{
    static const char *const names[EXPRESSION_VARIABLES] = {
        [EXPRESSION_Q] = "q", [EXPRESSION_K] = "k", [EXPRESSION_H] = "h", [EXPRESSION_B] = "b",
        [EXPRESSION_Q_LEN] = "q_len", [EXPRESSION_KV_LEN] = "kv_len"
    };
    return names[variable];
}

bool expression_refuse(struct expression_error *error, int column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->column = column;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

bool expression_refuse_size(struct expression_error *error, int column, const struct expression *full)
{
    if (full->count == EXPRESSION_NODES)
        return expression_refuse(error, column, "this has more than %d numbers, names and operators", EXPRESSION_NODES);
    if (full->arrays.count == EXPRESSION_ARRAYS)
        return expression_refuse(error, column, "this has more than %d arrays", EXPRESSION_ARRAYS);
    return expression_refuse(error, column, "this has more than %d tables, or more than %d values in them", EXPRESSION_TABLES,
                             EXPRESSION_VALUES);
}

bool expression_has_numbers(const struct expression *expression, const struct expression_node *node)
{
    const struct expression_node *nodes = expression->nodes;
    return node->type == EXPRESSION_NUMBER || (node->left >= 0 && nodes[node->left].type == EXPRESSION_NUMBER)
           || (node->right >= 0 && nodes[node->right].type == EXPRESSION_NUMBER);
}

/* Trees ---------------------------------------------------------------------------------------- */

int expression_add(struct expression *expression, struct expression_node node)
{
    if (expression->count == EXPRESSION_NODES)
        return -1;
    expression->nodes[expression->count] = node;
    return expression->count++;
}

enum expression_type expression_values_type(const double *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!(values[i] >= -INT32_MAX && values[i] <= INT32_MAX && (double)(int32_t)values[i] == values[i]))
            return EXPRESSION_NUMBER;
    return EXPRESSION_INTEGER;
}

int expression_add_table(struct expression *expression, const double *values, int count, enum expression_type type)
{
    struct expression_tables *tables = &expression->tables;
    if (tables->count == EXPRESSION_TABLES || count > EXPRESSION_VALUES - tables->value_count)
        return -1;
    tables->list[tables->count] = (struct expression_table){ tables->value_count, count, type };
    memcpy(tables->values + tables->value_count, values, (size_t)count * sizeof *values);
    tables->value_count += count;
    return tables->count++;
}

/* The table of a node of from becomes one of expression's; false when there is no room. */
static bool expression_copy_table(struct expression *expression, const struct expression *from, struct expression_node *node)
{
    const struct expression_table *table = &from->tables.list[node->value];
    node->value = expression_add_table(expression, from->tables.values + table->first, table->count, table->type);
    return node->value >= 0;
}

int expression_copy(struct expression *expression, const struct expression *from, int node)
{
    struct expression_node copy = from->nodes[node];
    if (copy.condition >= 0 && (copy.condition = expression_copy(expression, from, copy.condition)) < 0)
        return -1;
    if (copy.left >= 0 && (copy.left = expression_copy(expression, from, copy.left)) < 0)
        return -1;
    if (copy.right >= 0 && (copy.right = expression_copy(expression, from, copy.right)) < 0)
        return -1;
    if (copy.op == EXPRESSION_TABLE && !expression_copy_table(expression, from, &copy))
        return -1;
    if (copy.op == EXPRESSION_ELEMENT
        && (copy.value = expression_array_add(&expression->arrays, &from->arrays.list[copy.value])) < 0)
        return -1;
    return expression_add(expression, copy);
}

/* op of one or two expressions; right is NULL for one. */
static bool expression_join(struct expression *result, enum expression_op op, const struct expression *left,
                            const struct expression *right, int heads)
{
    struct expression joined = { 0 };
    struct expression_error error;
    struct expression_node node = { .op = op, .condition = -1, .left = -1, .right = -1, .column = 1 };
    node.left = expression_copy(&joined, left, left->count - 1);
    if (right != NULL)
        node.right = expression_copy(&joined, right, right->count - 1);
    if (node.left < 0 || (right != NULL && node.right < 0) || expression_add(&joined, node) < 0)
        return false;
    return expression_fold(result, &joined, heads, &error);
}

bool expression_and(struct expression *result, const struct expression *left, const struct expression *right, int heads)
{
    return expression_join(result, EXPRESSION_AND, left, right, heads);
}

bool expression_or(struct expression *result, const struct expression *left, const struct expression *right, int heads)
{
    return expression_join(result, EXPRESSION_OR, left, right, heads);
}

bool expression_not(struct expression *result, const struct expression *operand, int heads)
{
    return expression_join(result, EXPRESSION_NOT, operand, NULL, heads);
}

bool expression_is_true(const struct expression *expression)
{
    return expression->nodes[expression->count - 1].op == EXPRESSION_TRUE;
}

bool expression_uses(const struct expression *expression, enum expression_variable variable)
{
    for (int i = 0; i < expression->count; i++)
        if (expression->nodes[i].op == EXPRESSION_VARIABLE && expression->nodes[i].value == variable)
            return true;
    return false;
}

bool expression_node_uses(const struct expression *expression, int index, enum expression_variable variable)
{
    if (index < 0)
        return false;
    const struct expression_node *node = &expression->nodes[index];
    return (node->op == EXPRESSION_VARIABLE && node->value == variable) || expression_node_uses(expression, node->condition, variable)
           || expression_node_uses(expression, node->left, variable) || expression_node_uses(expression, node->right, variable);
}

static bool expression_has(const struct expression *expression, enum expression_op op)
{
    for (int i = 0; i < expression->count; i++)
        if (expression->nodes[i].op == op)
            return true;
    return false;
}

bool expression_uses_score(const struct expression *expression)
{
    return expression_has(expression, EXPRESSION_SCORE);
}

bool expression_rounds(const struct expression *expression)
{
    return expression_has(expression, EXPRESSION_BF16);
}
