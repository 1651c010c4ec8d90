/*
** attngen bench: emits a config, compiles the kernels with the timing program of runtime/bench.h
** and runs it.
*/
#ifndef GENERATOR_BENCH_H
#define GENERATOR_BENCH_H

#include "options.h"

int verb_bench(const struct options *options);

#endif
