/*
** Integer expressions that are sums of variables times constants: exact over a
** box, since each variable stands in them once.
*/
#ifndef LINEAR_H
#define LINEAR_H

#include "range.h"

/* coefficient[v] v + ... + constant. Any part of the sum fits into 31 bits and a sign, for variables within their limits. */
struct linear { int64_t coefficient[EXPRESSION_VARIABLES], constant; };

/* false when the node is not linear, or its sum does not fit. */
bool linear_read(struct linear *form, const struct expression *expression, int node);

/* The sides of a comparison; what stands on both is brought to the left. false when one is not linear. */
bool linear_sides(struct linear *left, struct linear *right, const struct expression *expression, int node);

/* Whether no variable stands in it. */
bool linear_is_constant(const struct linear *form);

struct range linear_range(const struct linear *form, const struct range box[EXPRESSION_VARIABLES]);

/* k <= form // divisor (upper), or k >= form // divisor; k does not stand in the form, and divisor is positive. */
struct linear_bound { bool upper; struct linear form; int64_t divisor; };

/* A comparison's node, solved for k as if its operator were op: the number of bounds, 0 when it cannot be solved. */
int linear_bounds(struct linear_bound bounds[2], const struct expression *expression, int node, enum expression_op op);

#endif
