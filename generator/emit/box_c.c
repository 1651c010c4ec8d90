#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "box_c.h"
#include "expression_c.h"
#include "number_c.h"

void box_start(struct box_writer *writer, struct arena *arena, const struct expression *expression, const char *tables,
               struct ends keys)
{
    *writer = (struct box_writer){ .expression = expression, .tables = tables, .arena = arena, .statements = text_start(arena) };
    for (int v = 0; v < EXPRESSION_VARIABLES; v++) {
        const char *name = expression_variable_name((enum expression_variable)v);
        writer->variables[v] = (struct ends){ name, name };
    }
    writer->variables[EXPRESSION_Q] = (struct ends){ "q_first", "q_last" };
    writer->variables[EXPRESSION_K] = keys;
}

static bool byte_is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

bool box_names(const char *body, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strstr(body, name); at != NULL; at = strstr(at + 1, name))
        if (!byte_is_word(at[length]) && (at == body || !byte_is_word(at[-1])))
            return true;
    return false;
}

const char *box_body(const struct box_writer *writer)
{
    const char *body = writer->statements.data;
    for (int i = writer->local_count - 1; i >= 0; i--)
        if (box_names(body, writer->locals[i].name))
            body = arena_format(writer->arena, "%s%s", writer->locals[i].text, body);
    return body;
}

void box_unused(struct text *text, const char *body, const char *const *parameters)
{
    for (; *parameters != NULL; parameters++)
        if (!box_names(body, *parameters))
            text_format(text, "    (void)%s;\n", *parameters);
}

/* Sums ----------------------------------------------------------------------------------------- */

static void sum_put(struct text *text, int64_t factor, const char *name)
{
    const bool first = text->length == 0;
    if (factor == 0)
        return;
    text_put(text, factor < 0 ? (first ? "-" : " - ") : (first ? "" : " + "));
    if (name == NULL)
        text_format(text, "%lld", llabs(factor));
    else if (llabs(factor) == 1)
        text_put(text, name);
    else
        text_format(text, "%lld * %s", llabs(factor), name);
}

/* What is added comes before what is taken away. */
const char *box_linear(const struct box_writer *writer, const struct linear *form, bool high)
{
    struct text text = text_start(writer->arena);
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int v = 0; v < EXPRESSION_VARIABLES; v++)
            if (form->coefficient[v] * sign > 0)
                sum_put(&text, form->coefficient[v], (sign > 0) == high ? writer->variables[v].high : writer->variables[v].low);
        if (form->constant * sign > 0)
            sum_put(&text, form->constant, NULL);
    }
    return text.length == 0 ? "0" : text.data;
}

static struct ends linear_ends(const struct box_writer *writer, const struct linear *form)
{
    return (struct ends){ box_linear(writer, form, false), box_linear(writer, form, true) };
}

/* Other integers ------------------------------------------------------------------------------- */

/* An operator outside of parentheses has a space before it. */
const char *box_factor(struct box_writer *writer, const char *text)
{
    bool apart = text[0] == '-';
    int depth = 0;
    for (const char *at = text; *at != '\0'; at++) {
        depth += (*at == '(') - (*at == ')');
        apart = apart || (*at == ' ' && depth == 0);
    }
    return apart ? arena_format(writer->arena, "(%s)", text) : text;
}

static struct ends factor_ends(struct box_writer *writer, int index)
{
    const struct ends ends = box_integer(writer, index);
    return (struct ends){ box_factor(writer, ends.low), box_factor(writer, ends.high) };
}

static bool ends_meet(struct ends ends)
{
    return strcmp(ends.low, ends.high) == 0;
}

static const char *operation_text(struct box_writer *writer, enum expression_op op, const char *left, const char *right)
{
    if (op == EXPRESSION_DIVIDE)
        return arena_format(writer->arena, "attn_floor_div(%s, %s)", left, right);
    return arena_format(writer->arena, "%s * %s", box_factor(writer, left), box_factor(writer, right));
}

static void local_put(struct box_writer *writer, const char *kind, int index, const char *value)
{
    const char *name = arena_format(writer->arena, "%s%d", kind, index);
    const char *text = arena_format(writer->arena, "    const int32_t %s = %s;\n", name, value);
    writer->locals[writer->local_count++] = (struct box_local){ name, text };
}

static void ends_put(struct box_writer *writer, int index, const char *low, const char *high)
{
    local_put(writer, "low", index, low);
    local_put(writer, "high", index, high);
}

/* The corner before which no other comes in order, "<" or ">". */
static void corner_put(struct box_writer *writer, const char *kind, int index, const char *order)
{
    const char *name = arena_format(writer->arena, "%s%d", kind, index);
    const char *text = arena_format(writer->arena, "    int32_t %s = corners%d[0];\n    for (int i = 1; i < 4; i++)\n"
                                    "        %s = corners%d[i] %s %s ? corners%d[i] : %s;\n",
                                    name, index, name, index, order, name, index, name);
    writer->locals[writer->local_count++] = (struct box_local){ name, text };
}

/* * and //, which are monotone in either operand. */
static void corners_put(struct box_writer *writer, int index, struct ends left, struct ends right)
{
    const enum expression_op op = writer->expression->nodes[index].op;
    const char *name = arena_format(writer->arena, "corners%d", index);
    const char *text = arena_format(writer->arena, "    const int32_t %s[] = { %s, %s, %s, %s };\n", name,
                                    operation_text(writer, op, left.low, right.low), operation_text(writer, op, left.low, right.high),
                                    operation_text(writer, op, left.high, right.low), operation_text(writer, op, left.high, right.high));
    writer->locals[writer->local_count++] = (struct box_local){ name, text };
    corner_put(writer, "low", index, "<");
    corner_put(writer, "high", index, ">");
}

/* * and // of a value and a constant. */
static void scaled_put(struct box_writer *writer, int index, struct ends left, int64_t constant)
{
    const enum expression_op op = writer->expression->nodes[index].op;
    const char *right = arena_format(writer->arena, "%lld", (long long)constant);
    const char *low = operation_text(writer, op, left.low, right), *high = operation_text(writer, op, left.high, right);
    ends_put(writer, index, constant < 0 ? high : low, constant < 0 ? low : high);
}

static void product_put(struct box_writer *writer, int index)
{
    const struct expression_node *nodes = writer->expression->nodes, *node = &nodes[index];
    if (nodes[node->right].op == EXPRESSION_CONSTANT)
        scaled_put(writer, index, box_integer(writer, node->left), nodes[node->right].value);
    else if (nodes[node->left].op == EXPRESSION_CONSTANT && node->op == EXPRESSION_MULTIPLY)
        scaled_put(writer, index, box_integer(writer, node->right), nodes[node->left].value);
    else {
        const struct ends left = box_integer(writer, node->left);
        corners_put(writer, index, left, box_integer(writer, node->right));
    }
}

/* The sign of a divisor, which is the same everywhere, also where all variables are 0. */
static bool divisor_is_positive(const struct expression *expression, int index)
{
    const struct range origin[EXPRESSION_VARIABLES] = { { 0, 0 } };
    return range_value(expression, index, origin).low > 0;
}

/* A divisor's greatest value less 1, or its least plus 1: as far as a remainder goes. */
static const char *remainder_end(struct box_writer *writer, int divisor, struct ends ends, bool high)
{
    struct linear form;
    if (!linear_read(&form, writer->expression, divisor))
        return arena_format(writer->arena, high ? "%s - 1" : "%s + 1", high ? ends.high : ends.low);
    form.constant += high ? -1 : 1;
    return box_linear(writer, &form, high);
}

static void modulo_put(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    const bool positive = divisor_is_positive(writer->expression, node->right);
    const struct ends left = box_integer(writer, node->left), right = box_integer(writer, node->right);
    const char *same = arena_format(writer->arena, "attn_floor_div(%s, %s) == attn_floor_div(%s, %s)",
                                    left.low, right.low, left.high, right.low);
    local_put(writer, "same", index, ends_meet(right) ? same
              : arena_format(writer->arena, "%s == %s && %s", right.low, right.high, same));
    const char *low = positive ? "0" : remainder_end(writer, node->right, right, false);
    const char *high = positive ? remainder_end(writer, node->right, right, true) : "0";
    ends_put(writer, index,
             arena_format(writer->arena, "same%d ? attn_floor_mod(%s, %s) : %s", index, left.low, right.low, low),
             arena_format(writer->arena, "same%d ? attn_floor_mod(%s, %s) : %s", index, left.high, right.low, high));
}

/* - of one operand; + and - of two. */
static void total_put(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    const struct ends left = factor_ends(writer, node->left);
    if (node->op == EXPRESSION_NEGATE) {
        ends_put(writer, index, arena_format(writer->arena, "-%s", left.high), arena_format(writer->arena, "-%s", left.low));
        return;
    }
    const struct ends right = factor_ends(writer, node->right);
    const bool add = node->op == EXPRESSION_ADD;
    const char *format = add ? "%s + %s" : "%s - %s";
    ends_put(writer, index, arena_format(writer->arena, format, left.low, add ? right.low : right.high),
             arena_format(writer->arena, format, left.high, add ? right.high : right.low));
}

static void magnitude_put(struct box_writer *writer, int index)
{
    const struct ends ends = box_integer(writer, writer->expression->nodes[index].left);
    const char *low = box_factor(writer, ends.low), *high = box_factor(writer, ends.high);
    ends_put(writer, index, arena_format(writer->arena, "%s > 0 ? %s : %s < 0 ? -%s : 0", low, low, high, high),
             arena_format(writer->arena, "attn_larger(-%s, %s)", low, ends.high));
}

static void extreme_put(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    const char *format = node->op == EXPRESSION_MIN ? "attn_smaller(%s, %s)" : "attn_larger(%s, %s)";
    const struct ends left = box_integer(writer, node->left), right = box_integer(writer, node->right);
    ends_put(writer, index, arena_format(writer->arena, format, left.low, right.low),
             arena_format(writer->arena, format, left.high, right.high));
}

/* The branch that is taken, where the condition is known; else either. */
static void conditional_put(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    const struct conditions conditions = box_conditions(writer, node->condition);
    const struct ends left = box_integer(writer, node->left), right = box_integer(writer, node->right);
    local_put(writer, "always", index, conditions.always.text);
    local_put(writer, "never", index, conditions.never.text);
    ends_put(writer, index,
             arena_format(writer->arena, "always%d ? %s : never%d ? %s : attn_smaller(%s, %s)", index, left.low, index, right.low,
                          left.low, right.low),
             arena_format(writer->arena, "always%d ? %s : never%d ? %s : attn_larger(%s, %s)", index, left.high, index, right.high,
                          left.high, right.high));
}

/* The least (attn_smaller) or the greatest value of a table between two indices. */
static void table_end_put(struct box_writer *writer, const char *kind, int index, const char *function, struct ends ends)
{
    struct text table = text_start(writer->arena);
    const char *name = arena_format(writer->arena, "%s%d", kind, index);
    table_name_c(&table, writer->expression, (int)writer->expression->nodes[index].value, writer->tables);
    const char *text = arena_format(writer->arena, "    int32_t %s = %s[%s];\n    for (int32_t i = %s + 1; i <= %s; i++)\n"
                                    "        %s = %s(%s, %s[i]);\n", name, table.data, ends.low, box_factor(writer, ends.low),
                                    ends.high, name, function, name, table.data);
    writer->locals[writer->local_count++] = (struct box_local){ name, text };
}

static void table_put(struct box_writer *writer, int index)
{
    const struct ends ends = box_integer(writer, writer->expression->nodes[index].left);
    table_end_put(writer, "low", index, "attn_smaller", ends);
    table_end_put(writer, "high", index, "attn_larger", ends);
}

static bool varies(const struct expression *expression, int index)
{
    const struct expression_node *node = &expression->nodes[index];
    if (node->op == EXPRESSION_VARIABLE)
        return node->value == EXPRESSION_Q || node->value == EXPRESSION_K;
    return (node->condition >= 0 && varies(expression, node->condition))
           || (node->left >= 0 && varies(expression, node->left)) || (node->right >= 0 && varies(expression, node->right));
}

struct ends box_integer(struct box_writer *writer, int index)
{
    static void (*const puts[EXPRESSION_OPS])(struct box_writer *, int) = {
        [EXPRESSION_NEGATE] = total_put, [EXPRESSION_ADD] = total_put, [EXPRESSION_SUBTRACT] = total_put,
        [EXPRESSION_MULTIPLY] = product_put, [EXPRESSION_DIVIDE] = product_put, [EXPRESSION_MODULO] = modulo_put,
        [EXPRESSION_ABS] = magnitude_put, [EXPRESSION_MIN] = extreme_put, [EXPRESSION_MAX] = extreme_put,
        [EXPRESSION_IF] = conditional_put, [EXPRESSION_TABLE] = table_put
    };
    const enum expression_op op = writer->expression->nodes[index].op;
    struct linear form;
    if (linear_read(&form, writer->expression, index))
        return linear_ends(writer, &form);
    if (!varies(writer->expression, index)) {
        struct text scalar = text_start(writer->arena);
        expression_scalar_c(&scalar, writer->expression, index, writer->tables);
        const char *whole = op == EXPRESSION_IF ? arena_format(writer->arena, "(%s)", scalar.data) : scalar.data;
        return (struct ends){ whole, whole };
    }
    if (op == EXPRESSION_ELEMENT)
        return box_element(writer, index);
    if (!writer->written[index])
        puts[op](writer, index);
    writer->written[index] = true;
    return (struct ends){ arena_format(writer->arena, "low%d", index), arena_format(writer->arena, "high%d", index) };
}

/* Conditions ----------------------------------------------------------------------------------- */

static struct condition condition_join(struct box_writer *writer, struct condition left, const char *joint, struct condition right)
{
    const bool left_apart = left.joint != NULL && strcmp(left.joint, joint) != 0;
    const bool right_apart = right.joint != NULL && strcmp(right.joint, joint) != 0;
    const char *text = arena_format(writer->arena, "%s%s%s %s %s%s%s", left_apart ? "(" : "", left.text, left_apart ? ")" : "",
                                    joint, right_apart ? "(" : "", right.text, right_apart ? ")" : "");
    return (struct condition){ text, joint };
}

static struct condition condition_compare(struct box_writer *writer, const char *left, const char *operator, const char *right)
{
    return (struct condition){ arena_format(writer->arena, "%s %s %s", left, operator, right), NULL };
}

static struct conditions conditions_not(struct conditions conditions)
{
    return (struct conditions){ conditions.never, conditions.always };
}

static struct conditions conditions_equal(struct box_writer *writer, struct ends left, struct ends right)
{
    if (ends_meet(left) && ends_meet(right))
        return (struct conditions){ condition_compare(writer, left.low, "==", right.low),
                                    condition_compare(writer, left.low, "!=", right.low) };
    return (struct conditions){
        condition_join(writer, condition_compare(writer, left.low, ">=", right.high), "&&",
                       condition_compare(writer, left.high, "<=", right.low)),
        condition_join(writer, condition_compare(writer, left.low, ">", right.high), "||",
                       condition_compare(writer, left.high, "<", right.low)) };
}

static struct conditions conditions_compare(struct box_writer *writer, enum expression_op op, struct ends left, struct ends right)
{
    switch (op) {
    case EXPRESSION_LESS:          return (struct conditions){ condition_compare(writer, left.high, "<", right.low),
                                                               condition_compare(writer, left.low, ">=", right.high) };
    case EXPRESSION_LESS_EQUAL:    return (struct conditions){ condition_compare(writer, left.high, "<=", right.low),
                                                               condition_compare(writer, left.low, ">", right.high) };
    case EXPRESSION_GREATER:       return (struct conditions){ condition_compare(writer, left.low, ">", right.high),
                                                               condition_compare(writer, left.high, "<=", right.low) };
    case EXPRESSION_GREATER_EQUAL: return (struct conditions){ condition_compare(writer, left.low, ">=", right.high),
                                                               condition_compare(writer, left.high, "<", right.low) };
    case EXPRESSION_EQUAL:         return conditions_equal(writer, left, right);
    default:                       return conditions_not(conditions_equal(writer, left, right));
    }
}

static struct conditions conditions_comparison(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    struct linear left, right;
    if (linear_sides(&left, &right, writer->expression, index))
        return conditions_compare(writer, node->op, linear_ends(writer, &left), linear_ends(writer, &right));
    const struct ends left_ends = box_integer(writer, node->left);
    return conditions_compare(writer, node->op, left_ends, box_integer(writer, node->right));
}

/* A boolean of an array. */
static struct conditions conditions_element(struct box_writer *writer, int index)
{
    const struct ends ends = box_integer(writer, index);
    return (struct conditions){ condition_compare(writer, ends.low, "!=", "0"), condition_compare(writer, ends.high, "==", "0") };
}

struct conditions box_conditions(struct box_writer *writer, int index)
{
    const struct expression_node *node = &writer->expression->nodes[index];
    if (node->op == EXPRESSION_ELEMENT)
        return conditions_element(writer, index);
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        return conditions_comparison(writer, index);
    const struct conditions left = box_conditions(writer, node->left);
    if (node->op == EXPRESSION_NOT)
        return conditions_not(left);
    const struct conditions right = box_conditions(writer, node->right);
    const bool and = node->op == EXPRESSION_AND;
    return (struct conditions){ condition_join(writer, left.always, and ? "&&" : "||", right.always),
                                condition_join(writer, left.never, and ? "||" : "&&", right.never) };
}
