/*
** What can be timed. Both the program that times and the one that asks it to know these names.
*/
#ifndef BENCH_PHASE_H
#define BENCH_PHASE_H

#include <stdbool.h>
#include <stdint.h>

/* An append is a prefill with keys before it. */
enum bench_phase { BENCH_WRITE, BENCH_PREFILL, BENCH_APPEND, BENCH_DECODE, BENCH_PHASES };

/* "write", "prefill", ... */
const char *bench_phase_name(enum bench_phase phase);

/* false when there is no phase of this name. */
bool bench_phase_find(enum bench_phase *phase, const char *name);

#endif
