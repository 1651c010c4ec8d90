/*
** attngen bench: emits a config, compiles the kernels and times them by build/attn_bench.
*/
#ifndef GENERATOR_BENCH_H
#define GENERATOR_BENCH_H

#include "options.h"

int verb_bench(const struct options *options);

#endif
