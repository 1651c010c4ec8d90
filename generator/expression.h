/*
** The expression language of masks: integers and booleans over
**
**   q       the query's place on the key axis (may be negative)
**   k       the key's index, from 0
**   h b     query head, sequence of the batch
**   q_len kv_len   lengths of the sequence
**
** and named numbers. + - * // % (floored), == ~= < <= > >=, and or not, parentheses,
** with Lua's precedence. No value can leave 32 bits and no divisor can be 0: the
** parser proves both from the ranges of the variables, or refuses.
**
** This file and expression*.c, linear.c and range.c stand alone; the reference uses them too.
*/
#ifndef GENERATOR_EXPRESSION_H   /* not EXPRESSION_H, which is a variable */
#define GENERATOR_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXPRESSION_NODES = 256,               /* most nodes of an expression */
    EXPRESSION_DEPTH = 64,                /* deepest nesting */
    EXPRESSION_KEYS  = 1 << 24,           /* k, q_len, kv_len, b stay below; q too, and above minus this */
    EXPRESSION_HEADS = 1 << 10            /* h stays below */
};

enum expression_op {
    /* leaves */
    EXPRESSION_CONSTANT, EXPRESSION_TRUE, EXPRESSION_FALSE, EXPRESSION_VARIABLE,
    /* integer */
    EXPRESSION_NEGATE, EXPRESSION_ADD, EXPRESSION_SUBTRACT, EXPRESSION_MULTIPLY, EXPRESSION_DIVIDE, EXPRESSION_MODULO,
    /* boolean */
    EXPRESSION_EQUAL, EXPRESSION_UNEQUAL, EXPRESSION_LESS, EXPRESSION_LESS_EQUAL,
    EXPRESSION_GREATER, EXPRESSION_GREATER_EQUAL,
    EXPRESSION_AND, EXPRESSION_OR, EXPRESSION_NOT
};

enum expression_variable {
    EXPRESSION_Q, EXPRESSION_K, EXPRESSION_H, EXPRESSION_B, EXPRESSION_Q_LEN, EXPRESSION_KV_LEN,
    EXPRESSION_VARIABLES
};

struct expression_node {
    enum expression_op op;
    int left, right;                      /* operands: indices of earlier nodes; -1 when unused */
    int64_t value;                        /* a constant, or which variable */
    int column;                           /* 1-based, in the text it was parsed from */
};

/* An expression is a value: copy it freely. Operands come before their operator; the last node is the root. */
struct expression {
    int count;
    struct expression_node nodes[EXPRESSION_NODES];
};

struct expression_name { const char *name; int64_t value; };

struct expression_error { int column; char text[200]; };

/* A boolean expression, simplified, names replaced by their numbers. heads bounds h. */
bool expression_parse(struct expression *expression, const char *text,
                      const struct expression_name *names, int name_count, int heads,
                      struct expression_error *error);

/* left and right (or) both; not: of one. false when they do not fit into EXPRESSION_NODES. */
bool expression_and(struct expression *result, const struct expression *left, const struct expression *right, int heads);
bool expression_or(struct expression *result, const struct expression *left, const struct expression *right, int heads);
bool expression_not(struct expression *result, const struct expression *operand, int heads);

/* Canonical text with the fewest parentheses; parsing it gives the same expression. "true" for no mask. */
void expression_print(const struct expression *expression, char *text, size_t size);

bool expression_is_true(const struct expression *expression);

/* Whether the variable occurs. */
bool expression_uses(const struct expression *expression, enum expression_variable variable);

/* The value at a point within these limits, by the definition: no wrapping, floored division. */
bool expression_evaluate(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES]);

#endif
