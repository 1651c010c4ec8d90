/*
** What bench hands over for the arrays of a definition.
*/
#ifndef BENCH_ARRAY_H
#define BENCH_ARRAY_H

#include "bench.h"

/* Numbers of one size, booleans that are true, integers that cut the last axis into eight equal parts; false without memory. */
bool bench_arrays_take(struct bench *bench, struct problem *problem);

#endif
