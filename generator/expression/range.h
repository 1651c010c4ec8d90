/*
** Expressions over boxes: what a whole tile of queries and keys sees, by interval
** arithmetic; and which keys a block of queries can see at all. Sums that are linear in the
** variables are kept as such, so that q - k is exact over a box and a bound on k is solved.
*/
#ifndef RANGE_H
#define RANGE_H

#include "expression.h"

struct range { int64_t low, high; };       /* both inclusive */

/* What holds for every point of a box, and what for none; neither: mixed, or not provable. */
struct truth { bool always, never; };

/* The values of an integer operator over its operands' ranges; right is unused by a unary one. No divisor is 0. */
struct range range_operate(enum expression_op op, struct range left, struct range right);

/* The least range that holds both, of which none is empty. */
struct range range_hull(struct range a, struct range b);

/* A table of integers over a range of indices inside it. */
struct range range_table(const struct expression *expression, int table, struct range index);

/* An integer node over a box that lies within the limits of the variables, as all boxes here. */
struct range range_value(const struct expression *expression, int node, const struct range box[EXPRESSION_VARIABLES]);

/* A boolean node over a box. What compares numbers is not provable; arrays can hold anything that their types can. */
struct truth range_truth(const struct expression *expression, int node, const struct range box[EXPRESSION_VARIABLES]);

enum sight { SIGHT_NONE, SIGHT_SOME, SIGHT_ALL };   /* SOME: mixed, or not provable */

/* What queries and keys inside box (a range a variable) see. Never NONE when one key is visible, never ALL when one is hidden. */
enum sight range_sight(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES]);

/* Keys outside the result are hidden from every query in box; box[EXPRESSION_K] bounds the answer. Empty: low > high. */
struct range range_keys(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES]);

#endif
