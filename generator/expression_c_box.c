#include "box_c.h"
#include "expression_c.h"
#include "expression_tree.h"

/* Sight ---------------------------------------------------------------------------------------- */

void expression_sight_c(struct text *text, const struct expression *expression, const char *tables)
{
    static const char *const parameters[] = { "q_first", "q_last", "k_first", "k_last", NULL };
    struct box_writer writer;
    box_start(&writer, text->arena, expression, tables, (struct ends){ "k_first", "k_last" });
    const enum expression_op op = expression->nodes[expression->count - 1].op;
    if (op == EXPRESSION_TRUE || op == EXPRESSION_FALSE)
        text_format(&writer.statements, "    return %d;\n", op == EXPRESSION_TRUE ? 2 : 0);
    else {
        const struct conditions conditions = box_conditions(&writer, expression->count - 1);
        text_format(&writer.statements, "    if (%s)\n        return 0;\n", conditions.never.text);
        text_format(&writer.statements, "    return %s ? 2 : 1;\n", conditions.always.text);
    }
    const char *body = box_body(&writer);
    box_unused(text, body, parameters);
    text_put(text, body);
}

/* Keys ----------------------------------------------------------------------------------------- */

/* Two lvalues of C, the range of keys that statements narrow. */
struct keys { const char *first, *last; };

static void keys_put(struct box_writer *writer, int index, bool negated, struct keys keys);

static void keys_bound(struct box_writer *writer, const struct linear_bound *bound, struct keys keys)
{
    const char *place = bound->upper ? keys.last : keys.first;
    const char *limit = box_linear(writer, &bound->form, bound->upper);
    if (bound->divisor > 1)
        limit = arena_format(writer->arena, "attn_floor_div(%s, %lld)", limit, (long long)bound->divisor);
    text_format(&writer->statements, "    if (%s %s %s)\n        %s = %s;\n", place, bound->upper ? ">" : "<", limit, place, limit);
}

static void keys_comparison(struct box_writer *writer, int index, bool negated, struct keys keys)
{
    const enum expression_op op = writer->expression->nodes[index].op;
    struct linear_bound bounds[2];
    const int count = linear_bounds(bounds, writer->expression, index, negated ? expression_opposite(op) : op);
    for (int i = 0; i < count; i++)
        keys_bound(writer, &bounds[i], keys);
    if (count > 0)
        return;
    /* What is empty already stays as it is: first may lie far behind all keys, and last must never grow. */
    const struct conditions conditions = box_conditions(writer, index);
    text_format(&writer->statements, "    if (%s <= %s && (%s))\n        %s = %s - 1;\n", keys.first, keys.last,
                negated ? conditions.always.text : conditions.never.text, keys.last, keys.first);
}

/* A copy of the keys, narrowed by a node. */
static struct keys keys_copy(struct box_writer *writer, int index, bool negated, struct keys keys)
{
    const struct keys copy = { arena_format(writer->arena, "first%d", index), arena_format(writer->arena, "last%d", index) };
    text_format(&writer->statements, "    int32_t %s = %s, %s = %s;\n", copy.first, keys.first, copy.last, keys.last);
    keys_put(writer, index, negated, copy);
    return copy;
}

/* Either of two nodes: the hull of what each leaves. */
static void keys_either(struct box_writer *writer, const struct expression_node *node, bool negated, struct keys keys)
{
    const struct keys a = keys_copy(writer, node->left, negated, keys), b = keys_copy(writer, node->right, negated, keys);
    struct text *text = &writer->statements;
    text_format(text, "    if (%s > %s) {\n        %s = %s;\n        %s = %s;\n", a.first, a.last, a.first, b.first, a.last, b.last);
    text_format(text, "    } else if (%s <= %s) {\n", b.first, b.last);
    text_format(text, "        %s = %s < %s ? %s : %s;\n", a.first, b.first, a.first, b.first, a.first);
    text_format(text, "        %s = %s > %s ? %s : %s;\n    }\n", a.last, b.last, a.last, b.last, a.last);
    text_format(text, "    %s = %s;\n    %s = %s;\n", keys.first, a.first, keys.last, a.last);
}

/* Narrows the keys to those that can make the node true (negated: false). */
static void keys_put(struct box_writer *writer, int index, bool negated, struct keys keys)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        keys_comparison(writer, index, negated, keys);
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
    if (low || high)
        text_put(text, "    if (*k_first > *k_last)\n        return;\n");
    if (low)
        text_put(text, "    const int32_t k_low = *k_first;\n");
    if (high)
        text_put(text, "    const int32_t k_high = *k_last;\n");
}

void expression_keys_c(struct text *text, const struct expression *expression, const char *tables)
{
    static const char *const parameters[] = { "q_first", "q_last", "k_first", "k_last", NULL };
    static const struct keys keys = { "*k_first", "*k_last" };
    struct box_writer writer;
    box_start(&writer, text->arena, expression, tables, (struct ends){ "k_low", "k_high" });
    const enum expression_op op = expression->nodes[expression->count - 1].op;
    if (op == EXPRESSION_FALSE)
        text_put(&writer.statements, "    *k_last = *k_first - 1;\n");
    else if (op != EXPRESSION_TRUE)
        keys_put(&writer, expression->count - 1, false, keys);
    const char *body = box_body(&writer);
    box_unused(text, body, parameters);
    keys_start(text, body);
    text_put(text, body);
}
