/*
** Between range_keys.c, which narrows keys as numbers, and expression_c_keys.c, which
** writes the same steps as C.
*/
#ifndef RANGE_KEYS_H
#define RANGE_KEYS_H

#include "expression_tree.h"
#include "linear.h"

enum { KEYS_SPLITS = 3 };      /* most of nested %, abs, min, max and conditionals: each can double the work */

/* 1 for one of those operators, else 0. */
int keys_split(enum expression_op op);

/* Whether a comparison, read as op, that is not linear says something about k itself. */
bool keys_are_solved(const struct expression *expression, int node, enum expression_op op);

#endif
