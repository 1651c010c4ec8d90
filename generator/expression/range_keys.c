#include "range_keys.h"

/*
** A comparison says within which range an integer has to lie. That is carried down from
** the integer to its operands until it bounds k itself: k // 64 within 3 .. 5 is k within
** 192 .. 383. expression_c_keys.c writes the same steps as C.
*/
struct search {
    const struct expression *expression;
    const struct range *box;
    int splits;                    /* how often keys may still be looked for in two ways */
};

/* Ends that bound nothing. */
static const struct range anything = { INT64_MIN, INT64_MAX };

static struct range search_within(const struct search *search, int index, struct range wanted, struct range keys);
static struct range search_keys(const struct search *search, int index, bool negated, struct range keys);

/* The hull of two ranges that may be empty. */
static struct range range_union(struct range a, struct range b)
{
    return a.low > a.high ? b : b.low > b.high ? a : range_hull(a, b);
}

static struct range range_empty(struct range keys)
{
    return (struct range){ keys.low, keys.low - 1 };
}

/* Wanted ends ---------------------------------------------------------------------------------- */

static struct range wanted_add(struct range wanted, int64_t low, int64_t high)
{
    return (struct range){ wanted.low == anything.low ? wanted.low : wanted.low + low,
                           wanted.high == anything.high ? wanted.high : wanted.high + high };
}

static struct range wanted_negate(struct range wanted)
{
    return (struct range){ wanted.high == anything.high ? anything.low : -wanted.high,
                           wanted.low == anything.low ? anything.high : -wanted.low };
}

/* No integer leaves 32 bits, so no end farther out says more. */
static int64_t end_clip(int64_t end)
{
    return end < -INT32_MAX ? -INT32_MAX : end > INT32_MAX ? INT32_MAX : end;
}

/* What x has to lie in so that factor x is wanted. */
static struct range wanted_divide(struct range wanted, int64_t factor)
{
    if (factor < 0)
        return wanted_divide(wanted_negate(wanted), -factor);
    if (factor == 1)
        return wanted;
    struct range result = anything;
    if (wanted.low != anything.low)
        result.low = expression_divide(end_clip(wanted.low + factor - 1), factor);
    if (wanted.high != anything.high)
        result.high = expression_divide(end_clip(wanted.high), factor);
    return result;
}

/* What x has to lie in so that x // divisor is wanted; divisor is positive. */
static struct range wanted_multiply(struct range wanted, int64_t divisor)
{
    struct range result = anything;
    if (wanted.low != anything.low)
        result.low = end_clip(wanted.low) * divisor;
    if (wanted.high != anything.high)
        result.high = end_clip(wanted.high) * divisor + divisor - 1;
    return result;
}

/* The values of x, from its least to its greatest that leaves a wanted remainder. */
static struct range wanted_remainder(struct range wanted, struct range x, int64_t divisor)
{
    const int64_t low = wanted.low > 0 ? wanted.low : 0, high = wanted.high < divisor ? wanted.high : divisor - 1;
    const int64_t first = expression_modulo(x.low - low, divisor), last = expression_modulo(x.high - low, divisor);
    return (struct range){ first <= high - low ? x.low : x.low + divisor - first,
                           last <= high - low ? x.high : x.high - last + high - low };
}

/* Integers ------------------------------------------------------------------------------------- */

/* Of what cannot be solved is known what it can be at all. */
static struct range within_unsolved(const struct search *search, int index, struct range wanted, struct range keys)
{
    const struct range value = range_value(search->expression, index, search->box);
    return value.low > wanted.high || value.high < wanted.low ? range_empty(keys) : keys;
}

/* A sum of variables: coefficient k + rest. */
static struct range within_linear(const struct search *search, struct linear form, struct range wanted, struct range keys)
{
    const int64_t coefficient = form.coefficient[EXPRESSION_K];
    form.coefficient[EXPRESSION_K] = 0;
    const struct range rest = linear_range(&form, search->box);
    const struct range bound = wanted_divide(wanted_add(wanted, -rest.high, -rest.low), coefficient);
    return (struct range){ bound.low > keys.low ? bound.low : keys.low, bound.high < keys.high ? bound.high : keys.high };
}

static struct range within_sum(const struct search *search, int index, struct range wanted, struct range keys)
{
    const struct expression_node *node = &search->expression->nodes[index];
    if (node->op == EXPRESSION_NEGATE)
        return search_within(search, node->left, wanted_negate(wanted), keys);
    const bool add = node->op == EXPRESSION_ADD;
    const struct range left = range_value(search->expression, node->left, search->box);
    const struct range right = range_value(search->expression, node->right, search->box);
    if (expression_node_uses(search->expression, node->left, EXPRESSION_K))
        keys = search_within(search, node->left, wanted_add(wanted, add ? -right.high : right.low, add ? -right.low : right.high), keys);
    if (expression_node_uses(search->expression, node->right, EXPRESSION_K))
        keys = search_within(search, node->right, wanted_add(add ? wanted : wanted_negate(wanted), add ? -left.high : left.low,
                                                             add ? -left.low : left.high), keys);
    return keys;
}

/* * with a constant, // and % by a positive one. */
static struct range within_product(const struct search *search, int index, struct range wanted, struct range keys)
{
    const struct expression_node *nodes = search->expression->nodes, *node = &nodes[index];
    const bool swapped = nodes[node->left].op == EXPRESSION_CONSTANT;
    const int variable = swapped ? node->right : node->left, constant = swapped ? node->left : node->right;
    const int64_t value = nodes[constant].value;
    if (nodes[constant].op != EXPRESSION_CONSTANT || (node->op != EXPRESSION_MULTIPLY && (swapped || value < 0)))
        return within_unsolved(search, index, wanted, keys);
    if (node->op == EXPRESSION_MULTIPLY)
        return search_within(search, variable, wanted_divide(wanted, value), keys);
    if (node->op == EXPRESSION_DIVIDE)
        return search_within(search, variable, wanted_multiply(wanted, value), keys);
    const struct range values = range_value(search->expression, variable, search->box);
    return search_within(search, variable, wanted_remainder(wanted, values, value), keys);
}

/* -high .. high, or where a lower end is wanted, -high .. -low and low .. high. */
static struct range within_magnitude(const struct search *search, int index, struct range wanted, struct range keys)
{
    const int operand = search->expression->nodes[index].left;
    if (wanted.low == anything.low)
        return search_within(search, operand, (struct range){ wanted_negate(wanted).low, wanted.high }, keys);
    return range_union(search_within(search, operand, wanted_negate(wanted), keys), search_within(search, operand, wanted, keys));
}

/* min and max: both operands have to keep one end, either of them the other. */
static struct range within_extreme(const struct search *search, int index, struct range wanted, struct range keys)
{
    const struct expression_node *node = &search->expression->nodes[index];
    const bool least = node->op == EXPRESSION_MIN;
    const struct range both = { least ? wanted.low : anything.low, least ? anything.high : wanted.high };
    const struct range either = { least ? anything.low : wanted.low, least ? wanted.high : anything.high };
    if (both.low != anything.low || both.high != anything.high)
        keys = search_within(search, node->right, both, search_within(search, node->left, both, keys));
    if (either.low == anything.low && either.high == anything.high)
        return keys;
    return range_union(search_within(search, node->left, either, keys), search_within(search, node->right, either, keys));
}

static struct range within_conditional(const struct search *search, int index, struct range wanted, struct range keys)
{
    const struct expression_node *node = &search->expression->nodes[index];
    return range_union(search_within(search, node->left, wanted, search_keys(search, node->condition, false, keys)),
                       search_within(search, node->right, wanted, search_keys(search, node->condition, true, keys)));
}

/* The part of keys for which the integer can lie within wanted. */
static struct range search_within(const struct search *search, int index, struct range wanted, struct range keys)
{
    static struct range (*const ways[EXPRESSION_OPS])(const struct search *, int, struct range, struct range) = {
        [EXPRESSION_NEGATE] = within_sum, [EXPRESSION_ADD] = within_sum, [EXPRESSION_SUBTRACT] = within_sum,
        [EXPRESSION_MULTIPLY] = within_product, [EXPRESSION_DIVIDE] = within_product, [EXPRESSION_MODULO] = within_product,
        [EXPRESSION_ABS] = within_magnitude, [EXPRESSION_MIN] = within_extreme, [EXPRESSION_MAX] = within_extreme,
        [EXPRESSION_IF] = within_conditional
    };
    const enum expression_op op = search->expression->nodes[index].op;
    const struct search deeper = { search->expression, search->box, search->splits - keys_split(op) };
    struct linear form;
    if (linear_read(&form, search->expression, index) && form.coefficient[EXPRESSION_K] != 0)
        return within_linear(search, form, wanted, keys);
    if (ways[op] == NULL || deeper.splits < 0 || !expression_node_uses(search->expression, index, EXPRESSION_K))
        return within_unsolved(search, index, wanted, keys);
    return ways[op](&deeper, index, wanted, keys);
}

int keys_split(enum expression_op op)
{
    return op == EXPRESSION_MODULO || op == EXPRESSION_ABS || op == EXPRESSION_MIN || op == EXPRESSION_MAX || op == EXPRESSION_IF;
}

/* Booleans ------------------------------------------------------------------------------------- */

static struct range keys_bound(struct range keys, const struct linear_bound *bound, const struct range *box)
{
    const struct range form = linear_range(&bound->form, box);
    const int64_t high = expression_divide(form.high, bound->divisor), low = expression_divide(form.low, bound->divisor);
    if (bound->upper && high < keys.high)
        keys.high = high;
    if (!bound->upper && low > keys.low)
        keys.low = low;
    return keys;
}

/* What lies on this side of op, so that it holds for some value on the other. */
static struct range comparison_wanted(enum expression_op op, struct range other)
{
    switch (op) {
    case EXPRESSION_LESS:          return (struct range){ anything.low, other.high - 1 };
    case EXPRESSION_LESS_EQUAL:    return (struct range){ anything.low, other.high };
    case EXPRESSION_GREATER:       return (struct range){ other.low + 1, anything.high };
    case EXPRESSION_GREATER_EQUAL: return (struct range){ other.low, anything.high };
    default:                       return other;
    }
}

bool keys_are_solved(const struct expression *expression, int index, enum expression_op op)
{
    struct linear left, right;
    return op != EXPRESSION_UNEQUAL && expression_node_uses(expression, index, EXPRESSION_K)
           && !linear_sides(&left, &right, expression, index);
}

/* A comparison with k that is no sum of variables. */
static struct range search_sides(const struct search *search, const struct expression_node *node, enum expression_op op, struct range keys)
{
    const struct range left = range_value(search->expression, node->left, search->box);
    const struct range right = range_value(search->expression, node->right, search->box);
    if (expression_node_uses(search->expression, node->left, EXPRESSION_K))
        keys = search_within(search, node->left, comparison_wanted(op, right), keys);
    if (expression_node_uses(search->expression, node->right, EXPRESSION_K))
        keys = search_within(search, node->right, comparison_wanted(expression_mirrored(op), left), keys);
    return keys;
}

static struct range search_comparison(const struct search *search, int index, bool negated, struct range keys)
{
    const struct expression_node *node = &search->expression->nodes[index];
    const enum expression_op op = negated ? expression_opposite(node->op) : node->op;
    struct linear_bound bounds[2];
    const int count = linear_bounds(bounds, search->expression, index, op);
    for (int i = 0; i < count; i++)
        keys = keys_bound(keys, &bounds[i], search->box);
    if (count > 0)
        return keys;
    if (keys_are_solved(search->expression, index, op))
        return search_sides(search, node, op, keys);
    const struct truth truth = range_truth(search->expression, index, search->box);
    return (negated ? truth.always : truth.never) ? range_empty(keys) : keys;
}

/* The part of keys that can make the node true (negated: false). */
static struct range search_keys(const struct search *search, int index, bool negated, struct range keys)
{
    const struct expression_node *node = &search->expression->nodes[index];
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        return search_comparison(search, index, negated, keys);
    if (node->op == EXPRESSION_TRUE || node->op == EXPRESSION_FALSE)
        return (node->op == EXPRESSION_TRUE) != negated ? keys : range_empty(keys);
    if (node->op == EXPRESSION_ELEMENT)
        return keys;
    if (node->op == EXPRESSION_NOT)
        return search_keys(search, node->left, !negated, keys);
    const struct range left = search_keys(search, node->left, negated, keys);
    if ((node->op == EXPRESSION_AND) != negated)
        return search_keys(search, node->right, negated, left);
    return range_union(left, search_keys(search, node->right, negated, keys));
}

struct range range_keys(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    const struct search search = { expression, box, KEYS_SPLITS };
    const struct range keys = box[EXPRESSION_K];
    return keys.low > keys.high ? keys : search_keys(&search, expression->count - 1, false, keys);
}
