#include "linear.h"
#include "expression_tree.h"

/* Integers ------------------------------------------------------------------------------------- */

static int64_t multiply(int64_t a, int64_t b)
{
    return a * b;
}

/* The range of an operation that is monotone in either operand. */
static struct range range_corners(int64_t (*operation)(int64_t, int64_t), struct range left, struct range right)
{
    const int64_t corners[] = { operation(left.low, right.low), operation(left.low, right.high),
                                operation(left.high, right.low), operation(left.high, right.high) };
    struct range range = { corners[0], corners[0] };
    for (int i = 1; i < 4; i++) {
        range.low = corners[i] < range.low ? corners[i] : range.low;
        range.high = corners[i] > range.high ? corners[i] : range.high;
    }
    return range;
}

static struct range range_modulo(struct range left, struct range right)
{
    const int64_t quotient = expression_divide(left.low, right.low);
    if (right.low == right.high && expression_divide(left.high, right.low) == quotient)
        return (struct range){ left.low - quotient * right.low, left.high - quotient * right.low };
    return right.low > 0 ? (struct range){ 0, right.high - 1 } : (struct range){ right.low + 1, 0 };
}

static struct range range_magnitude(struct range range)
{
    if (range.low >= 0)
        return range;
    const int64_t high = -range.low > range.high ? -range.low : range.high;
    return (struct range){ range.high < 0 ? -range.high : 0, high };
}

struct range range_hull(struct range a, struct range b)
{
    return (struct range){ a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high };
}

struct range range_operate(enum expression_op op, struct range left, struct range right)
{
    switch (op) {
    case EXPRESSION_NEGATE:   return (struct range){ -left.high, -left.low };
    case EXPRESSION_ADD:      return (struct range){ left.low + right.low, left.high + right.high };
    case EXPRESSION_SUBTRACT: return (struct range){ left.low - right.high, left.high - right.low };
    case EXPRESSION_MULTIPLY: return range_corners(multiply, left, right);
    case EXPRESSION_DIVIDE:   return range_corners(expression_divide, left, right);
    case EXPRESSION_MODULO:   return range_modulo(left, right);
    case EXPRESSION_ABS:      return range_magnitude(left);
    case EXPRESSION_MIN:
        return (struct range){ left.low < right.low ? left.low : right.low, left.high < right.high ? left.high : right.high };
    default:
        return (struct range){ left.low > right.low ? left.low : right.low, left.high > right.high ? left.high : right.high };
    }
}

struct range range_table(const struct expression *expression, int table, struct range index)
{
    const double *values = expression->tables.values + expression->tables.list[table].first;
    struct range range = { (int64_t)values[index.low], (int64_t)values[index.low] };
    for (int64_t i = index.low + 1; i <= index.high; i++)
        range = range_hull(range, (struct range){ (int64_t)values[i], (int64_t)values[i] });
    return range;
}

/* A conditional's value where its condition is known, or the hull of both. */
static struct range range_conditional(const struct expression *expression, const struct expression_node *node,
                                      const struct range box[EXPRESSION_VARIABLES])
{
    const struct truth truth = range_truth(expression, node->condition, box);
    if (truth.always || truth.never)
        return range_value(expression, truth.always ? node->left : node->right, box);
    return range_hull(range_value(expression, node->left, box), range_value(expression, node->right, box));
}

struct range range_value(const struct expression *expression, int index, const struct range box[EXPRESSION_VARIABLES])
{
    const struct expression_node *node = &expression->nodes[index];
    struct linear form;
    if (node->op == EXPRESSION_ELEMENT)
        return (struct range){ expression->arrays.list[node->value].low, expression->arrays.list[node->value].high };
    if (linear_read(&form, expression, index))
        return linear_range(&form, box);
    if (node->op == EXPRESSION_IF)
        return range_conditional(expression, node, box);
    const struct range left = range_value(expression, node->left, box);
    if (node->op == EXPRESSION_TABLE)
        return range_table(expression, (int)node->value, left);
    return range_operate(node->op, left, node->right < 0 ? left : range_value(expression, node->right, box));
}

/* Booleans ------------------------------------------------------------------------------------- */

static struct truth truth_not(struct truth truth)
{
    return (struct truth){ truth.never, truth.always };
}

static struct truth truth_comparison(enum expression_op op, struct range left, struct range right)
{
    switch (op) {
    case EXPRESSION_LESS:          return (struct truth){ left.high < right.low, left.low >= right.high };
    case EXPRESSION_LESS_EQUAL:    return (struct truth){ left.high <= right.low, left.low > right.high };
    case EXPRESSION_GREATER:       return truth_comparison(EXPRESSION_LESS, right, left);
    case EXPRESSION_GREATER_EQUAL: return truth_comparison(EXPRESSION_LESS_EQUAL, right, left);
    case EXPRESSION_EQUAL:         return (struct truth){ left.low >= right.high && left.high <= right.low,
                                                          left.low > right.high || left.high < right.low };
    default:                       return truth_not(truth_comparison(EXPRESSION_EQUAL, left, right));
    }
}

static struct truth truth_sides(const struct expression *expression, int index, const struct range box[EXPRESSION_VARIABLES])
{
    const struct expression_node *node = &expression->nodes[index];
    struct linear left, right;
    if (expression_has_numbers(expression, node))
        return (struct truth){ false, false };
    if (linear_sides(&left, &right, expression, index))
        return truth_comparison(node->op, linear_range(&left, box), linear_range(&right, box));
    return truth_comparison(node->op, range_value(expression, node->left, box), range_value(expression, node->right, box));
}

struct truth range_truth(const struct expression *expression, int index, const struct range box[EXPRESSION_VARIABLES])
{
    const struct expression_node *node = &expression->nodes[index];
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        return truth_sides(expression, index, box);
    if (node->op == EXPRESSION_TRUE || node->op == EXPRESSION_FALSE)
        return (struct truth){ node->op == EXPRESSION_TRUE, node->op == EXPRESSION_FALSE };
    if (node->op == EXPRESSION_ELEMENT)
        return (struct truth){ false, false };
    const struct truth left = range_truth(expression, node->left, box);
    if (node->op == EXPRESSION_NOT)
        return truth_not(left);
    const struct truth right = range_truth(expression, node->right, box);
    if (node->op == EXPRESSION_AND)
        return (struct truth){ left.always && right.always, left.never || right.never };
    return (struct truth){ left.always || right.always, left.never && right.never };
}

enum sight range_sight(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    const struct truth truth = range_truth(expression, expression->count - 1, box);
    return truth.never ? SIGHT_NONE : truth.always ? SIGHT_ALL : SIGHT_SOME;
}
