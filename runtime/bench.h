/*
** Timing of one phase of one definition: its arrays, its samples, its figures.
*/
#ifndef BENCH_H
#define BENCH_H

#include "memory.h"
#include "pool.h"

enum bench_phase { BENCH_WRITE, BENCH_PREFILL, BENCH_APPEND, BENCH_DECODE, BENCH_PHASES };

/* "write", "prefill", ... */
const char *bench_phase_name(enum bench_phase phase);

struct bench_case {
    const struct attn_attention *attention;
    enum bench_phase phase;
    int32_t q, kv;                /* queries, keys they may see; append: the queries are the last of the keys */
    int threads;
    double seconds;               /* to spend */
};

/* Medians over the samples. */
struct bench_figures {
    double ms;                    /* with one thread of its processor time, so that other processes do not count; else of the clock */
    double gflops, gbps;          /* of visible work, of K, V, q and o read and written once */
    double peak_gflops;           /* FMA peak of all threads, measured around each sample */
    double stream_gbps;           /* memory read by all threads */
    double fraction;              /* of the roofline: the larger of flops / peak and bytes / stream, over the time */
    int samples, dropped;         /* dropped: the FMA probe beside it ran slow, so a neighbour was busy */
};

bool bench_run(struct bench_figures *figures, const struct bench_case *bench, struct problem *problem);

#endif
