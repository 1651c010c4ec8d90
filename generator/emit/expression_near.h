/*
** What a score adds by distance alone, such as a bias of T5 or ALiBi: one value for each distance
** in a tile, where there are tile x tile pairs of a query and a key.
*/
#ifndef EXPRESSION_NEAR_H
#define EXPRESSION_NEAR_H

#include "../expression/expression.h"

/* The first number in a score, nearest to its root, that depends on q and k by q - k only; -1 without one. */
int expression_near(const struct expression *score);

#endif
