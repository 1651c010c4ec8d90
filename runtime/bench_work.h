/*
** How much work a case is, whatever computes it.
*/
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "bench.h"

struct bench_work {
    double flops;                        /* 2 (d_k + d_v) for each query, head and visible key; 0 for write */
    double bytes;                        /* K, V, q and o, read and written once */
};

bool bench_work_count(struct bench_work *work, const struct bench *bench, struct problem *problem);

#endif
