#include <math.h>

#include "expression_tree.h"

/* What a node is worth: integers and booleans whole, numbers and integers as a double. */
struct value { int64_t whole; double number; };

/* An expression at a point. */
struct evaluation {
    const struct expression *expression;
    const int64_t *at;
    double s;
    const struct expression_source *source;
};

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

/* The nearest number of 8 bits, even in a tie; what is that small has fewer, and infinity lies beyond the largest. */
static double round_to_bf16(double x)
{
    enum { BITS = 8, LEAST = -133 };              /* 2^LEAST is the least above 0 */
    int exponent;
    if (!isfinite(x) || x == 0.0)
        return x;
    frexp(x, &exponent);
    const int unit = exponent - BITS < LEAST ? LEAST : exponent - BITS;
    const double rounded = ldexp(nearbyint(ldexp(x, -unit)), unit);
    return fabs(rounded) < 0x1p128 ? rounded : copysign(INFINITY, x);
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
    case EXPRESSION_BF16:          return round_to_bf16(left);
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

static struct value value_element(const struct evaluation *e, int index, const struct value *values)
{
    const struct expression_array *array = &e->expression->arrays.list[e->expression->nodes[index].value];
    int nodes[EXPRESSION_AXES];
    int64_t places[EXPRESSION_AXES] = { 0 };
    expression_places(e->expression, index, nodes);
    for (int axis = 0; axis < array->axes; axis++)
        places[axis] = values[nodes[axis]].whole;
    const double element = e->source->element(e->source->context, (int)e->expression->nodes[index].value, places);
    return (struct value){ array->type == EXPRESSION_NUMBER ? 0 : (int64_t)element, element };
}

/* values holds those of all nodes before. */
static struct value value_node(const struct evaluation *e, int index, const struct value *values)
{
    static const struct value none = { 0, 0.0 };
    const struct expression *expression = e->expression;
    const struct expression_node *node = &expression->nodes[index];
    switch (node->op) {
    case EXPRESSION_CONSTANT: return value_whole(node->value);
    case EXPRESSION_DECIMAL:  return (struct value){ 0, node->number };
    case EXPRESSION_TRUE:     return value_whole(1);
    case EXPRESSION_FALSE:    return none;
    case EXPRESSION_VARIABLE: return value_whole(e->at[node->value]);
    case EXPRESSION_SCORE:    return (struct value){ 0, e->s };
    case EXPRESSION_IF:       return values[values[node->condition].whole ? node->left : node->right];
    case EXPRESSION_TABLE:    return value_table(expression, node, values[node->left].whole);
    case EXPRESSION_ELEMENT:  return value_element(e, index, values);
    case EXPRESSION_PLACE:    return values[node->right];
    default:
        return value_operate(expression, node, values[node->left], node->right < 0 ? none : values[node->right]);
    }
}

static struct value value_root(const struct evaluation *e)
{
    struct value values[EXPRESSION_NODES];
    for (int i = 0; i < e->expression->count; i++)
        values[i] = value_node(e, i, values);
    return values[e->expression->count - 1];
}

bool expression_evaluate(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES],
                         const struct expression_source *source)
{
    const struct evaluation evaluation = { expression, at, 0.0, source };
    return value_root(&evaluation).whole != 0;
}

double expression_number(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES], double s,
                         const struct expression_source *source)
{
    const struct evaluation evaluation = { expression, at, s, source };
    return value_root(&evaluation).number;
}
