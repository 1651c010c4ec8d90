/*
** The arithmetic peak that a case is held to: of the instructions that its target's products are made of.
*/
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "machine.h"

struct attn_attention;

struct bench_peak {
    int bits;                                /* of the target's vectors */
    enum machine_product keys, values;       /* what q k and p v are made of */
    double key_share;                        /* of all flops, those of q k */
};

struct bench_peak bench_peak_of(const struct attn_attention *attention);

/* GFLOP/s of one thread, measured now: of both instructions, each for its share. */
double bench_peak_rate(const struct bench_peak *peak);

#endif
