#include <stdlib.h>
#include <string.h>

#include "../expression/range_keys.h"
#include "box_c.h"
#include "expression_c.h"

/* C being written. Keys have gaps where narrowing them again, from a later key on, may skip some. */
struct writer { struct box_writer *box; int splits; bool gaps; int copies; };

/* Two lvalues of C, the range of keys that statements narrow. */
struct keys { const char *first, *last; };

/* C of type int64_t; NULL: an end that bounds nothing. */
struct wanted { const char *low, *high; };

static void within_put(struct writer *writer, int index, struct wanted wanted, struct keys keys);
static void keys_put(struct writer *writer, int index, bool negated, struct keys keys);

static const struct expression_node *node_at(const struct writer *writer, int index)
{
    return &writer->box->expression->nodes[index];
}

static bool node_has_k(const struct writer *writer, int index)
{
    return expression_node_uses(writer->box->expression, index, EXPRESSION_K);
}

/* Keys in two ways ----------------------------------------------------------------------------- */

static struct keys keys_copy(struct writer *writer, struct keys keys)
{
    const int copy = writer->copies++;
    const struct keys copied = { arena_format(writer->box->arena, "first%d", copy), arena_format(writer->box->arena, "last%d", copy) };
    text_format(&writer->box->statements, "    int32_t %s = %s, %s = %s;\n", copied.first, keys.first, copied.last, keys.last);
    return copied;
}

/* The hull of what two ways leave. */
static void keys_join(struct writer *writer, struct keys a, struct keys b, struct keys keys)
{
    struct text *text = &writer->box->statements;
    text_format(text, "    if (%s > %s) {\n        %s = %s;\n        %s = %s;\n", a.first, a.last, a.first, b.first, a.last, b.last);
    text_format(text, "    } else if (%s <= %s) {\n", b.first, b.last);
    text_format(text, "        %s = %s < %s ? %s : %s;\n", a.first, b.first, a.first, b.first, a.first);
    text_format(text, "        %s = %s > %s ? %s : %s;\n    }\n", a.last, b.last, a.last, b.last, a.last);
    text_format(text, "    %s = %s;\n    %s = %s;\n", keys.first, a.first, keys.last, a.last);
    writer->gaps = true;
}

/* No key where the condition holds. Empty keys stay as they are: last must never grow. */
static void keys_drop(struct writer *writer, const char *condition, struct keys keys)
{
    text_format(&writer->box->statements, "    if (%s <= %s && (%s))\n        %s = %s - 1;\n", keys.first, keys.last, condition,
                keys.last, keys.first);
}

/* Wanted ends ---------------------------------------------------------------------------------- */

static const char *end_text(struct writer *writer, const char *format, const char *end, const char *other)
{
    return end == NULL ? NULL : arena_format(writer->box->arena, format, end, other);
}

/* Both ends plus what is added to each. */
static struct wanted wanted_add(struct writer *writer, struct wanted wanted, const char *low, const char *high)
{
    return (struct wanted){ end_text(writer, "%s + %s", wanted.low, box_factor(writer->box, low)),
                            end_text(writer, "%s + %s", wanted.high, box_factor(writer->box, high)) };
}

/* Both ends minus what is taken from each. */
static struct wanted wanted_subtract(struct writer *writer, struct wanted wanted, const char *low, const char *high)
{
    return (struct wanted){ end_text(writer, "%s - %s", wanted.low, box_factor(writer->box, low)),
                            end_text(writer, "%s - %s", wanted.high, box_factor(writer->box, high)) };
}

static struct wanted wanted_negate(struct writer *writer, struct wanted wanted)
{
    return (struct wanted){ end_text(writer, "-(%s)", wanted.high, ""), end_text(writer, "-(%s)", wanted.low, "") };
}

/* What x has to lie in so that factor x is wanted. */
static struct wanted wanted_divide(struct writer *writer, struct wanted wanted, int64_t factor)
{
    const char *text = arena_format(writer->box->arena, "%lld", llabs(factor));
    if (factor < 0)
        wanted = wanted_negate(writer, wanted);
    if (llabs(factor) == 1)
        return wanted;
    const char *low = end_text(writer, "%s + %s - 1", wanted.low, text);
    return (struct wanted){ end_text(writer, "(int64_t)attn_floor_div(attn_clip(%s), %s)", low, text),
                            end_text(writer, "(int64_t)attn_floor_div(attn_clip(%s), %s)", wanted.high, text) };
}

/* What x has to lie in so that x // divisor is wanted; divisor is positive. */
static struct wanted wanted_multiply(struct writer *writer, struct wanted wanted, int64_t divisor)
{
    const char *text = arena_format(writer->box->arena, "%lld", (long long)divisor);
    const char *rest = arena_format(writer->box->arena, "%s + %lld", text, (long long)divisor - 1);
    return (struct wanted){ end_text(writer, "(int64_t)attn_clip(%s) * %s", wanted.low, text),
                            end_text(writer, "(int64_t)attn_clip(%s) * %s", wanted.high, rest) };
}

static const char *remainder_text(struct writer *writer, const char *function, const char *end, int64_t divisor, struct wanted wanted)
{
    const char *high = wanted.high != NULL ? wanted.high : arena_format(writer->box->arena, "%lld", (long long)divisor - 1);
    return arena_format(writer->box->arena, "%s(%s, %lld, %s, %s)", function, end, (long long)divisor,
                        wanted.low != NULL ? wanted.low : "0", high);
}

/* Integers ------------------------------------------------------------------------------------- */

static void within_unsolved(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const struct ends ends = box_integer(writer->box, index);
    if (wanted.low != NULL)
        keys_drop(writer, arena_format(writer->box->arena, "%s < %s", ends.high, wanted.low), keys);
    if (wanted.high != NULL)
        keys_drop(writer, arena_format(writer->box->arena, "%s > %s", ends.low, wanted.high), keys);
}

/* An array's integer at k: the caller's values are searched. */
static void within_element(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    struct key_line line;
    if (!box_key_line(writer->box, index, &line)) {
        within_unsolved(writer, index, wanted, keys);
        return;
    }
    const char *bounds = line.bounded ? arena_format(writer->box->arena, "attn_bounds_of(view, %d)", line.index) : "NULL";
    text_format(&writer->box->statements, "    attn_narrow(array_%s, %s, array_%s->stride[%d], %s, %s, %s,\n        &%s, &%s);\n",
                line.array, line.start, line.array, line.axis, bounds, wanted.low != NULL ? wanted.low : "-INT32_MAX",
                wanted.high != NULL ? wanted.high : "INT32_MAX", keys.first, keys.last);
    writer->gaps = true;
}

static void bound_put(struct writer *writer, const char *function, const char *place, const char *end)
{
    if (end != NULL)
        text_format(&writer->box->statements, "    %s = %s(%s, %s);\n", place, function, place, end);
}

/* A sum of variables: coefficient k + rest. */
static void within_linear(struct writer *writer, struct linear form, struct wanted wanted, struct keys keys)
{
    const int64_t coefficient = form.coefficient[EXPRESSION_K];
    form.coefficient[EXPRESSION_K] = 0;
    if (!linear_is_constant(&form) || form.constant != 0)
        wanted = wanted_subtract(writer, wanted, box_linear(writer->box, &form, true), box_linear(writer->box, &form, false));
    wanted = wanted_divide(writer, wanted, coefficient);
    bound_put(writer, "attn_key_from", keys.first, wanted.low);
    bound_put(writer, "attn_key_to", keys.last, wanted.high);
}

static void within_sum(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    if (node->op == EXPRESSION_NEGATE) {
        within_put(writer, node->left, wanted_negate(writer, wanted), keys);
        return;
    }
    const bool add = node->op == EXPRESSION_ADD;
    const struct ends left = box_integer(writer->box, node->left), right = box_integer(writer->box, node->right);
    if (node_has_k(writer, node->left))
        within_put(writer, node->left, add ? wanted_subtract(writer, wanted, right.high, right.low)
                                           : wanted_add(writer, wanted, right.low, right.high), keys);
    if (node_has_k(writer, node->right))
        within_put(writer, node->right, add ? wanted_subtract(writer, wanted, left.high, left.low)
                                            : wanted_add(writer, wanted_negate(writer, wanted), left.low, left.high), keys);
}

/* * with a constant, // and % by a positive one. */
static void within_product(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    const bool swapped = node_at(writer, node->left)->op == EXPRESSION_CONSTANT;
    const int variable = swapped ? node->right : node->left, constant = swapped ? node->left : node->right;
    const int64_t value = node_at(writer, constant)->value;
    if (node_at(writer, constant)->op != EXPRESSION_CONSTANT || (node->op != EXPRESSION_MULTIPLY && (swapped || value < 0)))
        within_unsolved(writer, index, wanted, keys);
    else if (node->op == EXPRESSION_MULTIPLY)
        within_put(writer, variable, wanted_divide(writer, wanted, value), keys);
    else if (node->op == EXPRESSION_DIVIDE)
        within_put(writer, variable, wanted_multiply(writer, wanted, value), keys);
    else {
        const struct ends ends = box_integer(writer->box, variable);
        const struct wanted values = { remainder_text(writer, "attn_remainder_from", ends.low, value, wanted),
                                       remainder_text(writer, "attn_remainder_to", ends.high, value, wanted) };
        within_put(writer, variable, values, keys);
        writer->gaps = true;
    }
}

/* Either of two ranges for a node. */
static void within_either(struct writer *writer, int left, struct wanted left_wanted, int right, struct wanted right_wanted, struct keys keys)
{
    const struct keys a = keys_copy(writer, keys);
    within_put(writer, left, left_wanted, a);
    const struct keys b = keys_copy(writer, keys);
    within_put(writer, right, right_wanted, b);
    keys_join(writer, a, b, keys);
}

/* -high .. high, or where a lower end is wanted, -high .. -low and low .. high. */
static void within_magnitude(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const int operand = node_at(writer, index)->left;
    const struct wanted negated = wanted_negate(writer, wanted);
    if (wanted.low == NULL)
        within_put(writer, operand, (struct wanted){ negated.low, wanted.high }, keys);
    else
        within_either(writer, operand, negated, operand, wanted, keys);
}

/* min and max: both operands have to keep one end, either of them the other. */
static void within_extreme(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    const bool least = node->op == EXPRESSION_MIN;
    const struct wanted both = { least ? wanted.low : NULL, least ? NULL : wanted.high };
    const struct wanted either = { least ? NULL : wanted.low, least ? wanted.high : NULL };
    if (both.low != NULL || both.high != NULL) {
        within_put(writer, node->left, both, keys);
        within_put(writer, node->right, both, keys);
    }
    if (either.low != NULL || either.high != NULL)
        within_either(writer, node->left, either, node->right, either, keys);
}

static void within_conditional(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    const struct keys a = keys_copy(writer, keys);
    keys_put(writer, node->condition, false, a);
    within_put(writer, node->left, wanted, a);
    const struct keys b = keys_copy(writer, keys);
    keys_put(writer, node->condition, true, b);
    within_put(writer, node->right, wanted, b);
    keys_join(writer, a, b, keys);
}

/* Narrows the keys to those for which the integer can lie within wanted. */
static void within_put(struct writer *writer, int index, struct wanted wanted, struct keys keys)
{
    static void (*const ways[EXPRESSION_OPS])(struct writer *, int, struct wanted, struct keys) = {
        [EXPRESSION_NEGATE] = within_sum, [EXPRESSION_ADD] = within_sum, [EXPRESSION_SUBTRACT] = within_sum,
        [EXPRESSION_MULTIPLY] = within_product, [EXPRESSION_DIVIDE] = within_product, [EXPRESSION_MODULO] = within_product,
        [EXPRESSION_ABS] = within_magnitude, [EXPRESSION_MIN] = within_extreme, [EXPRESSION_MAX] = within_extreme,
        [EXPRESSION_IF] = within_conditional, [EXPRESSION_ELEMENT] = within_element
    };
    const enum expression_op op = node_at(writer, index)->op;
    const int splits = keys_split(op);
    struct linear form;
    if (linear_read(&form, writer->box->expression, index) && form.coefficient[EXPRESSION_K] != 0)
        within_linear(writer, form, wanted, keys);
    else if (ways[op] == NULL || writer->splits < splits || !node_has_k(writer, index))
        within_unsolved(writer, index, wanted, keys);
    else {
        writer->splits -= splits;
        ways[op](writer, index, wanted, keys);
        writer->splits += splits;
    }
}

/* Booleans ------------------------------------------------------------------------------------- */

static void keys_bound(struct writer *writer, const struct linear_bound *bound, struct keys keys)
{
    const char *place = bound->upper ? keys.last : keys.first;
    const char *limit = box_linear(writer->box, &bound->form, bound->upper);
    if (bound->divisor > 1)
        limit = arena_format(writer->box->arena, "attn_floor_div(%s, %lld)", limit, (long long)bound->divisor);
    text_format(&writer->box->statements, "    if (%s %s %s)\n        %s = %s;\n", place, bound->upper ? ">" : "<", limit, place, limit);
}

/* What lies on this side of op, so that it holds for some value on the other. */
static struct wanted comparison_wanted(struct writer *writer, enum expression_op op, struct ends other)
{
    const char *low = arena_format(writer->box->arena, "(int64_t)%s", box_factor(writer->box, other.low));
    const char *high = arena_format(writer->box->arena, "(int64_t)%s", box_factor(writer->box, other.high));
    switch (op) {
    case EXPRESSION_LESS:          return (struct wanted){ NULL, arena_format(writer->box->arena, "%s - 1", high) };
    case EXPRESSION_LESS_EQUAL:    return (struct wanted){ NULL, high };
    case EXPRESSION_GREATER:       return (struct wanted){ arena_format(writer->box->arena, "%s + 1", low), NULL };
    case EXPRESSION_GREATER_EQUAL: return (struct wanted){ low, NULL };
    default:                       return (struct wanted){ low, high };
    }
}

/* A comparison with k that is no sum of variables. */
static void keys_sides(struct writer *writer, const struct expression_node *node, enum expression_op op, struct keys keys)
{
    const struct ends left = box_integer(writer->box, node->left), right = box_integer(writer->box, node->right);
    if (node_has_k(writer, node->left))
        within_put(writer, node->left, comparison_wanted(writer, op, right), keys);
    if (node_has_k(writer, node->right))
        within_put(writer, node->right, comparison_wanted(writer, expression_mirrored(op), left), keys);
}

/* No key where the node never holds (negated: always). */
static void keys_decide(struct writer *writer, int index, bool negated, struct keys keys)
{
    const struct conditions conditions = box_conditions(writer->box, index);
    keys_drop(writer, negated ? conditions.always.text : conditions.never.text, keys);
}

static void keys_comparison(struct writer *writer, int index, bool negated, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    const enum expression_op op = negated ? expression_opposite(node->op) : node->op;
    struct linear_bound bounds[2];
    const int count = linear_bounds(bounds, writer->box->expression, index, op);
    for (int i = 0; i < count; i++)
        keys_bound(writer, &bounds[i], keys);
    if (count > 0)
        return;
    if (keys_are_solved(writer->box->expression, index, op)) {
        keys_sides(writer, node, op, keys);
        return;
    }
    keys_decide(writer, index, negated, keys);
}

/* Either of two nodes: the hull of what each leaves. */
static void keys_either(struct writer *writer, const struct expression_node *node, bool negated, struct keys keys)
{
    const struct keys a = keys_copy(writer, keys);
    keys_put(writer, node->left, negated, a);
    const struct keys b = keys_copy(writer, keys);
    keys_put(writer, node->right, negated, b);
    keys_join(writer, a, b, keys);
}

/* Narrows the keys to those that can make the node true (negated: false). */
static void keys_put(struct writer *writer, int index, bool negated, struct keys keys)
{
    const struct expression_node *node = node_at(writer, index);
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        keys_comparison(writer, index, negated, keys);
    else if (node->op == EXPRESSION_ELEMENT)
        keys_decide(writer, index, negated, keys);
    else if (node->op == EXPRESSION_NOT)
        keys_put(writer, node->left, !negated, keys);
    else if ((node->op == EXPRESSION_AND) == negated)
        keys_either(writer, node, negated, keys);
    else {
        keys_put(writer, node->left, negated, keys);
        keys_put(writer, node->right, negated, keys);
    }
}

/* Locals and conditions are of the keys as they were given; without a key, a divisor made of them can be 0. */
static void keys_start(struct text *text, const char *body)
{
    const bool low = box_names(body, "k_low"), high = box_names(body, "k_high");
    if (low || high || strstr(body, "array_") != NULL)      /* arrays over keys have none then */
        text_put(text, "    if (*k_first > *k_last)\n        return;\n");
    if (low)
        text_put(text, "    const int32_t k_low = *k_first;\n");
    if (high)
        text_put(text, "    const int32_t k_high = *k_last;\n");
}

bool expression_keys_c(struct text *text, const struct expression *expression, const char *tables)
{
    static const char *const parameters[] = { "q_first", "q_last", "k_first", "k_last", NULL };
    static const struct keys keys = { "*k_first", "*k_last" };
    struct box_writer box;
    struct writer writer = { &box, KEYS_SPLITS, false, 0 };
    box_start(&box, text->arena, expression, tables, (struct ends){ "k_low", "k_high" });
    const enum expression_op op = expression->nodes[expression->count - 1].op;
    if (op == EXPRESSION_FALSE)
        text_put(&box.statements, "    *k_last = *k_first - 1;\n");
    else if (op != EXPRESSION_TRUE)
        keys_put(&writer, expression->count - 1, false, keys);
    const char *body = box_body(&box);
    box_unused(text, body, parameters);
    keys_start(text, body);
    text_put(text, body);
    return writer.gaps;
}
