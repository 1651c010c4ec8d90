/*
** Between the files of the expression language: expression.c holds trees and
** prints them, expression_parse.c reads text, expression_fold.c proves the
** ranges and simplifies.
*/
#ifndef EXPRESSION_TREE_H
#define EXPRESSION_TREE_H

#include "expression.h"

/* An operator binds tighter than those of lower levels, as in Lua. */
enum expression_level {
    LEVEL_OR, LEVEL_AND, LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY, LEVEL_LEAF,
    LEVELS
};

struct expression_operator {
    const char *symbol;
    enum expression_level level;
    int operands;
    bool takes_booleans, gives_boolean;
};

const struct expression_operator *expression_operator(enum expression_op op);

/* The comparison that holds where op does not. */
enum expression_op expression_opposite(enum expression_op op);

const char *expression_variable_name(enum expression_variable variable);

/* Puts a node at the end; its index, or -1 when there is no room. */
int expression_add(struct expression *expression, struct expression_node node);

/* Puts the tree under a node of from at the end, operands first; the index of its root, or -1 when there is no room. */
int expression_copy(struct expression *expression, const struct expression *from, int node);

/* The text of the tree under a node. */
void expression_print_node(const struct expression *expression, int node, char *text, size_t size);

/* The simplified expression; false with an error when a value can leave 32 bits, a divisor be 0, or it nests too deep. */
bool expression_fold(struct expression *result, const struct expression *from, int heads, struct expression_error *error);

/* Always false. */
bool expression_refuse(struct expression_error *error, int column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* a // b and a % b: rounded towards minus infinity, and what that leaves. b is not 0. */
int64_t expression_divide(int64_t a, int64_t b);
int64_t expression_modulo(int64_t a, int64_t b);

#endif
