/*
** Random expressions, as text with more parentheses and spaces than it needs, and
** their values at some points, computed while the text is made: without the
** parser, so that both can be compared. And random boxes around them.
*/
#ifndef EXPRESSION_RANDOM_H
#define EXPRESSION_RANDOM_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../generator/expression/range.h"
#include "../../runtime/random.h"

enum {
    RANDOM_SEED   = 20,
    RANDOM_DEPTH  = 4,       /* of operators */
    RANDOM_POINTS = 8,
    RANDOM_HEADS  = 8
};

struct random_expression {
    struct random *random;
    int64_t points[RANDOM_POINTS][EXPRESSION_VARIABLES];
    char text[8192];
    size_t length;
    bool undefined;          /* at a point a divisor was 0, or a value left 64 bits */
};

/* Integer values, or 0 and 1, at the points. */
struct random_values { int64_t at[RANDOM_POINTS]; };

static inline void random_put(struct random_expression *e, const char *string)
{
    const size_t length = strlen(string);
    if (e->length + length + 2 > sizeof e->text)
        return;
    memcpy(e->text + e->length, string, length + 1);
    e->length += length;
    if (random_between(e->random, 0, 3) == 0)
        memcpy(e->text + e->length++, " ", 2);
}

static inline void random_point(struct random *random, int64_t point[EXPRESSION_VARIABLES])
{
    static const int64_t spans[] = { 4, 40, 700, EXPRESSION_KEYS - 1 };
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        point[v] = random_between(random, 0, spans[random_between(random, 0, 3)]);
    point[EXPRESSION_H] %= RANDOM_HEADS;
    if (random_between(random, 0, 3) == 0)
        point[EXPRESSION_Q] = -point[EXPRESSION_Q];
}

static inline struct random_values random_leaf(struct random_expression *e)
{
    static const char *const names[EXPRESSION_VARIABLES] = { "q", "k", "h", "b", "q_len", "kv_len" };
    static const int64_t spans[] = { 2, 9, 70, 5000 };
    struct random_values values;
    const int variable = (int)random_between(e->random, -3, 5);
    if (variable >= 0) {
        random_put(e, names[variable]);
        random_put(e, " ");
        for (int i = 0; i < RANDOM_POINTS; i++)
            values.at[i] = e->points[i][variable];
        return values;
    }
    char number[24];
    const int64_t constant = random_between(e->random, 0, spans[random_between(e->random, 0, 3)]);
    snprintf(number, sizeof number, "%lld ", (long long)constant);
    random_put(e, number);
    for (int i = 0; i < RANDOM_POINTS; i++)
        values.at[i] = constant;
    return values;
}

/* The quotient whose remainder has the divisor's sign. */
static inline int64_t random_floor(int64_t a, int64_t b)
{
    const int64_t remainder = a % b;
    return a / b - (remainder != 0 && (remainder < 0) != (b < 0));
}

static inline int64_t random_operate(struct random_expression *e, int op, int64_t a, int64_t b)
{
    int64_t result = 0;
    if (op >= 3 && b == 0)
        e->undefined = true;
    else if (op == 3 || op == 4)
        result = op == 3 ? random_floor(a, b) : a - random_floor(a, b) * b;
    else if (op == 0 ? __builtin_add_overflow(a, b, &result)
             : op == 1 ? __builtin_sub_overflow(a, b, &result) : __builtin_mul_overflow(a, b, &result))
        e->undefined = true;
    return result;
}

static inline struct random_values random_integer(struct random_expression *e, int depth);

/* Often of a sort that cannot be 0. */
static inline struct random_values random_divisor(struct random_expression *e, int depth)
{
    if (random_between(e->random, 0, 7) == 0)
        return random_integer(e, depth);
    char extra[24];
    const int64_t constant = random_between(e->random, 1, 70), sign = random_between(e->random, 0, 3) == 0 ? -1 : 1;
    struct random_values values = { { 0 } };
    random_put(e, sign < 0 ? "-(" : "(");
    if (random_between(e->random, 0, 3) == 0) {
        values = random_leaf(e);
        random_put(e, "+ ");
    }
    snprintf(extra, sizeof extra, "%lld)", (long long)constant);
    random_put(e, extra);
    for (int i = 0; i < RANDOM_POINTS; i++)
        values.at[i] = sign * (values.at[i] + (values.at[i] > -1000000000 ? constant : 0));
    return values;
}

/* A function, a conditional or a table of integers. */
static inline struct random_values random_call(struct random_expression *e, int depth)
{
    static const char *const starts[] = { "abs(", "min(", "max(", "(if k%2==0 then ", "{3,-1,4,1,5}[(" };
    static const char *const ends[] = { ")", ")", ")", ")", ")%5]" };
    static const int64_t table[] = { 3, -1, 4, 1, 5 };
    const int op = (int)random_between(e->random, 0, 4);
    random_put(e, starts[op]);
    struct random_values a = random_integer(e, depth - 1), b = a;
    if (op >= 1 && op <= 3) {
        random_put(e, op == 3 ? " else " : ",");
        b = random_integer(e, depth - 1);
    }
    random_put(e, ends[op]);
    for (int i = 0; i < RANDOM_POINTS; i++) {
        const int64_t x = a.at[i], y = b.at[i];
        const int64_t values[] = { x < 0 ? -x : x, x < y ? x : y, x > y ? x : y, e->points[i][EXPRESSION_K] % 2 == 0 ? x : y,
                                   table[x - random_floor(x, 5) * 5] };
        a.at[i] = values[op];
    }
    return a;
}

static inline struct random_values random_integer(struct random_expression *e, int depth)
{
    static const char *const symbols[] = { "+", "-", "*", "//", "%" };
    if (depth == 0 || random_between(e->random, 0, 3) == 0)
        return random_leaf(e);
    const int op = (int)random_between(e->random, -1, 6);
    if (op > 4)
        return random_call(e, depth);
    struct random_values a = { { 0 } }, b;
    if (op >= 0) {
        random_put(e, "(");
        a = random_integer(e, depth - 1);
        random_put(e, ")");
    }
    random_put(e, op < 0 ? "-" : symbols[op]);
    random_put(e, "(");
    b = op >= 3 ? random_divisor(e, depth - 1) : random_integer(e, op == 2 ? 0 : depth - 1);
    random_put(e, ")");
    for (int i = 0; i < RANDOM_POINTS; i++)
        a.at[i] = random_operate(e, op < 0 ? 1 : op, a.at[i], b.at[i]);
    return a;
}

static inline struct random_values random_comparison(struct random_expression *e, int depth)
{
    static const char *const symbols[] = { "==", "~=", "<", "<=", ">", ">=" };
    const int op = (int)random_between(e->random, 0, 5);
    struct random_values values;
    const struct random_values a = random_integer(e, depth);
    random_put(e, symbols[op]);
    const struct random_values b = random_integer(e, depth);
    for (int i = 0; i < RANDOM_POINTS; i++) {
        const int order = (a.at[i] > b.at[i]) - (a.at[i] < b.at[i]);
        const bool holds[] = { order == 0, order != 0, order < 0, order <= 0, order > 0, order >= 0 };
        values.at[i] = holds[op];
    }
    return values;
}

static inline struct random_values random_boolean(struct random_expression *e, int depth)
{
    static const char *const symbols[] = { ")and(", ")or(", "not(" };
    const int op = (int)random_between(e->random, 0, 3);
    if (depth == 0 || op == 3)
        return random_comparison(e, depth > 2 ? 2 : depth);
    struct random_values a = { { 0 } };
    if (op < 2) {
        random_put(e, "(");
        a = random_boolean(e, depth - 1);
    }
    random_put(e, symbols[op]);
    const struct random_values b = random_boolean(e, depth - 1);
    random_put(e, ")");
    for (int i = 0; i < RANDOM_POINTS; i++)
        a.at[i] = op == 0 ? a.at[i] && b.at[i] : op == 1 ? a.at[i] || b.at[i] : !b.at[i];
    return a;
}

/* A new text at new points; its values there. */
static inline struct random_values random_expression_make(struct random_expression *e, struct random *random)
{
    e->random = random;
    e->length = 0;
    e->undefined = false;
    for (int i = 0; i < RANDOM_POINTS; i++)
        random_point(random, e->points[i]);
    return random_boolean(e, (int)random_between(random, 0, RANDOM_DEPTH));
}

/* Some queries and keys around a random point; the other variables are that point's. */
static inline void random_box(struct random *random, struct range box[EXPRESSION_VARIABLES])
{
    int64_t point[EXPRESSION_VARIABLES];
    random_point(random, point);
    if (random_between(random, 0, 1) == 0)      /* near the diagonal, where masks change */
        point[EXPRESSION_K] = point[EXPRESSION_Q] < 0 ? 0 : point[EXPRESSION_Q];
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        box[v] = (struct range){ point[v], point[v] };
    for (int v = EXPRESSION_Q; v <= EXPRESSION_K; v++) {
        box[v].high += random_between(random, 0, 6);
        box[v].high = box[v].high < EXPRESSION_KEYS ? box[v].high : EXPRESSION_KEYS - 1;
    }
}

#endif
