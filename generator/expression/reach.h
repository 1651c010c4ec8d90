/*
** How far back a mask lets queries see: what a cache must keep.
*/
#ifndef REACH_H
#define REACH_H

#include "expression.h"
#include "range.h"

enum { REACH_UNBOUNDED = 1 << 22 };     /* so far back, and everything, is the same to a cache */

/* No query sees a key more than so many places before its own; REACH_UNBOUNDED when that is not provable. h is one of heads. */
int64_t reach_of(const struct expression *mask, struct range heads);

#endif
