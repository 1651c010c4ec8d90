/*
** Between the files of the expression language: expression.c holds trees,
** expression_text.c prints them, expression_parse.c reads text,
** expression_fold.c proves the ranges and simplifies, expression_value.c computes.
*/
#ifndef EXPRESSION_TREE_H
#define EXPRESSION_TREE_H

#include "expression.h"

/* An operator binds tighter than those of lower levels, as in Lua. */
enum expression_level {
    LEVEL_CONDITIONAL, LEVEL_OR, LEVEL_AND, LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY, LEVEL_LEAF,
    LEVELS
};

/* What an operator takes and gives. EITHER: integers, or numbers when one of them is a number. */
enum expression_signature { SIGNATURE_LEAF, SIGNATURE_INTEGER, SIGNATURE_NUMBER, SIGNATURE_EITHER, SIGNATURE_COMPARISON, SIGNATURE_BOOLEAN };

struct expression_operator {
    const char *symbol;
    enum expression_level level;
    int operands;                         /* without a condition */
    enum expression_signature signature;
};

const struct expression_operator *expression_operator(enum expression_op op);

static inline bool expression_is_function(enum expression_op op)
{
    return op >= EXPRESSION_ABS && op <= EXPRESSION_BF16;
}

/* Whether an operator's operands, or its value, are numbers. */
bool expression_has_numbers(const struct expression *expression, const struct expression_node *node);

/* The comparison that holds where op does not. */
enum expression_op expression_opposite(enum expression_op op);

/* The comparison that holds for b and a where op holds for a and b. */
enum expression_op expression_mirrored(enum expression_op op);

const char *expression_variable_name(enum expression_variable variable);

/* Whether the variable occurs in the tree under a node; index may be -1, no node. */
bool expression_node_uses(const struct expression *expression, int index, enum expression_variable variable);

/* Puts a node at the end; its index, or -1 when there is no room. */
int expression_add(struct expression *expression, struct expression_node node);

/* Puts the tree under a node of from at the end, operands first; the index of its root, or -1 when there is no room. */
int expression_copy(struct expression *expression, const struct expression *from, int node);

/* Puts a table at the end; which it is, or -1 when there is no room. */
int expression_add_table(struct expression *expression, const double *values, int count, enum expression_type type);

/* The places of an element, in the order of its axes: places[axis] is the node of its index. */
void expression_places(const struct expression *expression, int element, int places[EXPRESSION_AXES]);

/* INTEGER when all values are whole and fit into 32 bits, else NUMBER. */
enum expression_type expression_values_type(const double *values, int count);

/* The text of the tree under a node. */
void expression_print_node(const struct expression *expression, int node, char *text, size_t size);

/* The fewest digits that read back as the same double; with a point or an exponent, so that it is no integer. */
void expression_print_decimal(double number, char *text, size_t size);

/*
** The simplified expression; false with an error when an integer can leave 32 bits, a divisor be 0, an index leave its
** table, a constant be no float, or it nests too deep.
*/
bool expression_fold(struct expression *result, const struct expression *from, int heads, struct expression_error *error);

/* Always false. */
bool expression_refuse(struct expression_error *error, int column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always false: no node or table fits into the expression any more. */
bool expression_refuse_size(struct expression_error *error, int column, const struct expression *full);

/* An operator of numbers, or a comparison of them (0 or 1). right is unused by a unary one. */
double expression_operate(enum expression_op op, double left, double right);

/* a // b and a % b: rounded towards minus infinity, and what that leaves. b is not 0. */
int64_t expression_divide(int64_t a, int64_t b);
int64_t expression_modulo(int64_t a, int64_t b);

#endif
