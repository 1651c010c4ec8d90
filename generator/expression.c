#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "expression_tree.h"

const struct expression_operator *expression_operator(enum expression_op op)
{
    static const struct expression_operator operators[] = {
        /*                              symbol   level       operands   booleans: takes, gives */
        [EXPRESSION_CONSTANT]      = { "number", LEVEL_LEAF,       0, false, false },
        [EXPRESSION_TRUE]          = { "true",   LEVEL_LEAF,       0, false, true },
        [EXPRESSION_FALSE]         = { "false",  LEVEL_LEAF,       0, false, true },
        [EXPRESSION_VARIABLE]      = { "name",   LEVEL_LEAF,       0, false, false },
        [EXPRESSION_NEGATE]        = { "-",      LEVEL_UNARY,      1, false, false },
        [EXPRESSION_ADD]           = { "+",      LEVEL_SUM,        2, false, false },
        [EXPRESSION_SUBTRACT]      = { "-",      LEVEL_SUM,        2, false, false },
        [EXPRESSION_MULTIPLY]      = { "*",      LEVEL_PRODUCT,    2, false, false },
        [EXPRESSION_DIVIDE]        = { "//",     LEVEL_PRODUCT,    2, false, false },
        [EXPRESSION_MODULO]        = { "%",      LEVEL_PRODUCT,    2, false, false },
        [EXPRESSION_EQUAL]         = { "==",     LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_UNEQUAL]       = { "~=",     LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_LESS]          = { "<",      LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_LESS_EQUAL]    = { "<=",     LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_GREATER]       = { ">",      LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_GREATER_EQUAL] = { ">=",     LEVEL_COMPARISON, 2, false, true },
        [EXPRESSION_AND]           = { "and",    LEVEL_AND,        2, true,  true },
        [EXPRESSION_OR]            = { "or",     LEVEL_OR,         2, true,  true },
        [EXPRESSION_NOT]           = { "not",    LEVEL_UNARY,      1, true,  true }
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

/* Trees ---------------------------------------------------------------------------------------- */

int expression_add(struct expression *expression, struct expression_node node)
{
    if (expression->count == EXPRESSION_NODES)
        return -1;
    expression->nodes[expression->count] = node;
    return expression->count++;
}

int expression_copy(struct expression *expression, const struct expression *from, int node)
{
    struct expression_node copy = from->nodes[node];
    if (copy.left >= 0 && (copy.left = expression_copy(expression, from, copy.left)) < 0)
        return -1;
    if (copy.right >= 0 && (copy.right = expression_copy(expression, from, copy.right)) < 0)
        return -1;
    return expression_add(expression, copy);
}

/* op of one or two expressions; right is NULL for one. */
static bool expression_join(struct expression *result, enum expression_op op, const struct expression *left,
                            const struct expression *right, int heads)
{
    struct expression joined = { 0 };
    struct expression_error error;
    struct expression_node node = { .op = op, .left = -1, .right = -1, .column = 1 };
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

/* Text ----------------------------------------------------------------------------------------- */

/* Text in a buffer, cut at its end. */
struct print { const struct expression *expression; char *text; size_t size, length; };

static void print_put(struct print *print, const char *string)
{
    for (; *string != '\0' && print->length + 1 < print->size; string++)
        print->text[print->length++] = *string;
}

static void print_leaf(struct print *print, const struct expression_node *node)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)node->value);
    if (node->op == EXPRESSION_CONSTANT)
        print_put(print, number);
    else if (node->op == EXPRESSION_VARIABLE)
        print_put(print, expression_variable_name((enum expression_variable)node->value));
    else
        print_put(print, expression_operator(node->op)->symbol);
}

/* In parentheses when it binds looser than level. */
static void print_node(struct print *print, int index, enum expression_level level)
{
    const struct expression_node *node = &print->expression->nodes[index];
    const struct expression_operator *operator = expression_operator(node->op);
    const bool apart = operator->level < level;
    if (apart)
        print_put(print, "(");
    if (operator->operands == 2) {
        print_node(print, node->left, operator->level);
        print_put(print, " ");
        print_put(print, operator->symbol);
        print_put(print, " ");
        print_node(print, node->right, operator->level + 1);
    } else if (operator->operands == 1) {
        print_put(print, node->op == EXPRESSION_NOT ? "not " : "-");
        print_node(print, node->left, LEVEL_UNARY);
    } else
        print_leaf(print, node);
    if (apart)
        print_put(print, ")");
}

void expression_print_node(const struct expression *expression, int node, char *text, size_t size)
{
    struct print print = { expression, text, size, 0 };
    print_node(&print, node, LEVEL_OR);
    if (size > 0)
        text[print.length] = '\0';
}

void expression_print(const struct expression *expression, char *text, size_t size)
{
    expression_print_node(expression, expression->count - 1, text, size);
}

/* Values --------------------------------------------------------------------------------------- */

int64_t expression_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t expression_modulo(int64_t a, int64_t b)
{
    return a - expression_divide(a, b) * b;
}

static int64_t operator_value(enum expression_op op, int64_t left, int64_t right)
{
    switch (op) {
    case EXPRESSION_TRUE:          return 1;
    case EXPRESSION_NEGATE:        return -left;
    case EXPRESSION_ADD:           return left + right;
    case EXPRESSION_SUBTRACT:      return left - right;
    case EXPRESSION_MULTIPLY:      return left * right;
    case EXPRESSION_DIVIDE:        return expression_divide(left, right);
    case EXPRESSION_MODULO:        return expression_modulo(left, right);
    case EXPRESSION_EQUAL:         return left == right;
    case EXPRESSION_UNEQUAL:       return left != right;
    case EXPRESSION_LESS:          return left < right;
    case EXPRESSION_LESS_EQUAL:    return left <= right;
    case EXPRESSION_GREATER:       return left > right;
    case EXPRESSION_GREATER_EQUAL: return left >= right;
    case EXPRESSION_AND:           return left && right;
    case EXPRESSION_OR:            return left || right;
    case EXPRESSION_NOT:           return !left;
    default:                       return 0;      /* false */
    }
}

bool expression_evaluate(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES])
{
    int64_t values[EXPRESSION_NODES];
    for (int i = 0; i < expression->count; i++) {
        const struct expression_node *node = &expression->nodes[i];
        if (node->op == EXPRESSION_CONSTANT)
            values[i] = node->value;
        else if (node->op == EXPRESSION_VARIABLE)
            values[i] = at[node->value];
        else
            values[i] = operator_value(node->op, node->left < 0 ? 0 : values[node->left],
                                       node->right < 0 ? 0 : values[node->right]);
    }
    return values[expression->count - 1] != 0;
}
