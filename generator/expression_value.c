#include <math.h>

#include "expression_tree.h"

/* What a node is worth: integers and booleans whole, numbers and integers as a double. */
struct value { int64_t whole; double number; };

int64_t expression_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t expression_modulo(int64_t a, int64_t b)
{
    return a - expression_divide(a, b) * b;
}

static int64_t integer_operate(enum expression_op op, int64_t left, int64_t right)
{
    switch (op) {
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
    case EXPRESSION_ABS:           return left < 0 ? -left : left;
    case EXPRESSION_MIN:           return left < right ? left : right;
    default:                       return left > right ? left : right;
    }
}

double expression_operate(enum expression_op op, double left, double right)
{
    switch (op) {
    case EXPRESSION_NEGATE:        return -left;
    case EXPRESSION_ADD:           return left + right;
    case EXPRESSION_SUBTRACT:      return left - right;
    case EXPRESSION_MULTIPLY:      return left * right;
    case EXPRESSION_QUOTIENT:      return left / right;
    case EXPRESSION_EQUAL:         return left == right;
    case EXPRESSION_UNEQUAL:       return left != right;
    case EXPRESSION_LESS:          return left < right;
    case EXPRESSION_LESS_EQUAL:    return left <= right;
    case EXPRESSION_GREATER:       return left > right;
    case EXPRESSION_GREATER_EQUAL: return left >= right;
    case EXPRESSION_ABS:           return fabs(left);
    case EXPRESSION_MIN:           return left < right ? left : right;
    case EXPRESSION_MAX:           return left > right ? left : right;
    case EXPRESSION_FLOOR:         return floor(left);
    case EXPRESSION_EXP:           return exp(left);
    case EXPRESSION_LOG:           return log(left);
    case EXPRESSION_TANH:          return tanh(left);
    default:                       return sqrt(left);
    }
}

static struct value value_whole(int64_t whole)
{
    return (struct value){ whole, (double)whole };
}

static struct value value_operate(const struct expression *expression, const struct expression_node *node,
                                  struct value left, struct value right)
{
    if (!expression_has_numbers(expression, node))
        return value_whole(integer_operate(node->op, left.whole, right.whole));
    const double result = expression_operate(node->op, left.number, right.number);
    return node->type == EXPRESSION_NUMBER ? (struct value){ 0, result } : value_whole(result != 0.0);
}

static struct value value_table(const struct expression *expression, const struct expression_node *node, int64_t index)
{
    const struct expression_table *table = &expression->tables.list[node->value];
    const double value = expression->tables.values[table->first + index];
    return (struct value){ table->type == EXPRESSION_INTEGER ? (int64_t)value : 0, value };
}

/* values holds those of all nodes before. */
static struct value value_node(const struct expression *expression, const struct expression_node *node,
                               const struct value *values, const int64_t *at, double s)
{
    static const struct value none = { 0, 0.0 };
    switch (node->op) {
    case EXPRESSION_CONSTANT: return value_whole(node->value);
    case EXPRESSION_DECIMAL:  return (struct value){ 0, node->number };
    case EXPRESSION_TRUE:     return value_whole(1);
    case EXPRESSION_FALSE:    return none;
    case EXPRESSION_VARIABLE: return value_whole(at[node->value]);
    case EXPRESSION_SCORE:    return (struct value){ 0, s };
    case EXPRESSION_IF:       return values[values[node->condition].whole ? node->left : node->right];
    case EXPRESSION_TABLE:    return value_table(expression, node, values[node->left].whole);
    default:
        return value_operate(expression, node, values[node->left], node->right < 0 ? none : values[node->right]);
    }
}

static struct value value_root(const struct expression *expression, const int64_t *at, double s)
{
    struct value values[EXPRESSION_NODES];
    for (int i = 0; i < expression->count; i++)
        values[i] = value_node(expression, &expression->nodes[i], values, at, s);
    return values[expression->count - 1];
}

bool expression_evaluate(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES])
{
    return value_root(expression, at, 0.0).whole != 0;
}

double expression_number(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES], double s)
{
    return value_root(expression, at, s).number;
}
