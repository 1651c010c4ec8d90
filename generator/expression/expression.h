/*
** The expression language of masks and scores: integers, numbers and booleans over
**
**   q       the query's place on the key axis (may be negative)
**   k       the key's index, from 0
**   h b     query head, sequence of the batch
**   q_len kv_len   lengths of the sequence
**   s       the score so far, a number: in scores only
**
** named numbers, and tables: a name, or values in braces, with an index in brackets that
** counts from 0. + - * / // % (floored), == ~= < <= > >=, and or not, parentheses, with
** Lua's precedence; if c then a else b; abs min max floor exp log tanh sqrt, and bf16, which rounds
** to the nearest number of 8 bits, even in a tie, as a cast to bfloat16 does. Integers become numbers
** where they meet numbers, and under / and the functions of numbers.
**
** Arrays that the caller hands over at run time: a name with an index in brackets for each axis, in order.
** An axis over the queries takes q, one over the keys q or k (a place behind an end of the keys is the nearest
** key), one over the sequences b; one over heads, or of a constant size, any integer proved to be inside.
**
** No integer can leave 32 bits, no integer divisor be 0 and no index leave its table: the
** parser proves all three from the ranges of the variables, or refuses. A mask has no
** numbers: it is exact.
**
** This file and expression*.c, linear.c and range.c stand alone; the reference uses them too.
*/
#ifndef GENERATOR_EXPRESSION_H   /* not EXPRESSION_H, which is a variable */
#define GENERATOR_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXPRESSION_NODES  = 256,              /* most nodes of an expression */
    EXPRESSION_DEPTH  = 64,               /* deepest nesting */
    EXPRESSION_TABLES = 16,               /* most tables, each place that indexes one counted */
    EXPRESSION_VALUES = 4096,             /* most values of all its tables together */
    EXPRESSION_ARRAYS = 8,                /* most arrays that are handed over */
    EXPRESSION_AXES   = 4,                /* most axes of one */
    EXPRESSION_NAME   = 32,               /* its name is shorter */
    EXPRESSION_BYTES  = 32 * (EXPRESSION_NODES + EXPRESSION_VALUES),   /* no canonical text is longer; a longer text is refused */
    EXPRESSION_KEYS   = 1 << 24,          /* k, q_len, kv_len, b stay below; q too, and above minus this */
    EXPRESSION_HEADS  = 1 << 10,          /* h stays below */
    EXPRESSION_WHOLE  = EXPRESSION_KEYS - 1            /* size of an array's integers that declare no range */
};

enum expression_op {
    /* leaves */
    EXPRESSION_CONSTANT, EXPRESSION_DECIMAL, EXPRESSION_TRUE, EXPRESSION_FALSE, EXPRESSION_VARIABLE, EXPRESSION_SCORE,
    /* of integers, or of numbers */
    EXPRESSION_NEGATE, EXPRESSION_ADD, EXPRESSION_SUBTRACT, EXPRESSION_MULTIPLY,
    /* of integers */
    EXPRESSION_DIVIDE, EXPRESSION_MODULO,
    /* of numbers */
    EXPRESSION_QUOTIENT,
    /* boolean */
    EXPRESSION_EQUAL, EXPRESSION_UNEQUAL, EXPRESSION_LESS, EXPRESSION_LESS_EQUAL,
    EXPRESSION_GREATER, EXPRESSION_GREATER_EQUAL,
    EXPRESSION_AND, EXPRESSION_OR, EXPRESSION_NOT,
    /* functions: three of integers or numbers, six of numbers */
    EXPRESSION_ABS, EXPRESSION_MIN, EXPRESSION_MAX,
    EXPRESSION_FLOOR, EXPRESSION_EXP, EXPRESSION_LOG, EXPRESSION_TANH, EXPRESSION_SQRT, EXPRESSION_BF16,
    /* of a condition and two integers or numbers; a table's value at an integer */
    EXPRESSION_IF, EXPRESSION_TABLE,
    /* an array's value, of any type, at the places under it; the places before, if any, and one on the next axis */
    EXPRESSION_ELEMENT, EXPRESSION_PLACE,
    EXPRESSION_OPS
};

enum expression_type { EXPRESSION_BOOLEAN, EXPRESSION_INTEGER, EXPRESSION_NUMBER };

enum expression_variable {
    EXPRESSION_Q, EXPRESSION_K, EXPRESSION_H, EXPRESSION_B, EXPRESSION_Q_LEN, EXPRESSION_KV_LEN,
    EXPRESSION_VARIABLES
};

struct expression_node {
    enum expression_op op;
    enum expression_type type;
    int condition, left, right;           /* operands: indices of earlier nodes; -1 when unused */
    int64_t value;                        /* a constant, which variable, table, array, or axis of it */
    double number;                        /* a decimal; finite as a float too */
    int column;                           /* 1-based, in the text it was parsed from */
};

/* Each table belongs to one node; its values stand one after another in the pool. */
struct expression_table { int first, count; enum expression_type type; };

struct expression_tables {
    int count, value_count;
    struct expression_table list[EXPRESSION_TABLES];
    double values[EXPRESSION_VALUES];
};

enum expression_axis {
    EXPRESSION_AXIS_SEQUENCE, EXPRESSION_AXIS_HEAD, EXPRESSION_AXIS_QUERY, EXPRESSION_AXIS_KEY,
    EXPRESSION_AXIS_SIZE                  /* of a constant size */
};

/* An array that the caller hands over, as it is declared. */
struct expression_array {
    char name[EXPRESSION_NAME];
    enum expression_type type;
    int axes;
    enum expression_axis axis[EXPRESSION_AXES];
    int size[EXPRESSION_AXES];            /* of an axis of constant size, else 0 */
    int64_t low, high;                    /* its integers lie between them: the caller's duty; 0 for other types */
};

struct expression_arrays { int count; struct expression_array list[EXPRESSION_ARRAYS]; };

/* Where the values of arrays come from. An integer or a boolean is a whole number. */
struct expression_source {
    double (*element)(const void *context, int array, const int64_t places[EXPRESSION_AXES]);
    const void *context;
};

/* An expression is a value: copy it freely. Operands come before their operator; the last node is the root. */
struct expression {
    int count;
    struct expression_node nodes[EXPRESSION_NODES];
    struct expression_tables tables;
    struct expression_arrays arrays;      /* those that it may use, in the order of their first use where nobody has ordered them */
};

enum expression_name_kind { EXPRESSION_NAME_INTEGER, EXPRESSION_NAME_NUMBER, EXPRESSION_NAME_TABLE, EXPRESSION_NAME_ARRAY };

/* What a name stands for: value, number, count values, or the array of that name. A table of whole numbers is one of integers. */
struct expression_name {
    const char *name;
    enum expression_name_kind kind;
    int64_t value;
    double number;
    const double *values;
    int count;
    const struct expression_array *array;
};

struct expression_error { int column; char text[200]; };

/* A mask: a boolean expression without numbers, simplified, names replaced by what they stand for. heads bounds h. */
bool expression_parse(struct expression *expression, const char *text,
                      const struct expression_name *names, int name_count, int heads,
                      struct expression_error *error);

/* A score: a number (or an integer) over s and the rest. */
bool expression_parse_score(struct expression *expression, const char *text,
                            const struct expression_name *names, int name_count, int heads,
                            struct expression_error *error);

/* Whether a word means something to every expression, so that nothing else can have it as a name. */
bool expression_word_is_taken(const char *word);

/* left and right (or) both; not: of one. false when they do not fit into EXPRESSION_NODES. */
bool expression_and(struct expression *result, const struct expression *left, const struct expression *right, int heads);
bool expression_or(struct expression *result, const struct expression *left, const struct expression *right, int heads);
bool expression_not(struct expression *result, const struct expression *operand, int heads);

/* outer with inner in the place of s: first inner, then outer. false with an error when it does not fit. */
bool expression_substitute(struct expression *result, const struct expression *outer, const struct expression *inner,
                           int heads, struct expression_error *error);

/* The derivative of a score by s; where it has none, that of one side; of bf16(x) that of x, as of a cast. false with an error when it does not fit. */
bool expression_derive(struct expression *result, const struct expression *score, int heads, struct expression_error *error);

/* Canonical text with the fewest parentheses; parsing it gives the same expression. "true" for no mask, "s" for no score. */
void expression_print(const struct expression *expression, char *text, size_t size);

bool expression_is_true(const struct expression *expression);

/* Whether the variable occurs. */
bool expression_uses(const struct expression *expression, enum expression_variable variable);

/* Whether an element of an array occurs. */
bool expression_uses_arrays(const struct expression *expression);

/* Whether s occurs. */
bool expression_uses_score(const struct expression *expression);

/* Whether something is rounded to bf16. */
bool expression_rounds(const struct expression *expression);

/* A mask's value at a point within these limits, by the definition: no wrapping, floored division. source: NULL without arrays. */
bool expression_evaluate(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES],
                         const struct expression_source *source);

/* A score's value at such a point, where the score so far is s. */
double expression_number(const struct expression *expression, const int64_t at[EXPRESSION_VARIABLES], double s,
                         const struct expression_source *source);

/* Arrays --------------------------------------------------------------------------------------- */

/* The array of this name, or -1. */
int expression_array_find(const struct expression_arrays *arrays, const char *name);

/* Puts it at the end unless it is there; where it is, or -1 when there is no room or another array has the name. */
int expression_array_add(struct expression_arrays *arrays, const struct expression_array *array);

/* Arrays are those of the list from now on, in its order; false when one that is used is not in it. */
bool expression_order_arrays(struct expression *expression, const struct expression_arrays *arrays);

/* integer doc[sequence][key], integer 0..31 bucket[65], number bias[head][query][key] */
void expression_arrays_print(const struct expression_arrays *arrays, char *text, size_t size);

/* Reads such a text; heads is the size of the head axis. */
bool expression_arrays_read(struct expression_arrays *arrays, const char *text, struct expression_error *error);

/* The words for them, or NULL behind the last. */
const char *expression_type_name(enum expression_type type);
const char *expression_axis_name(enum expression_axis axis);

#endif
