/*
** Timings that can be compared: cases take turns, so that what disturbs one disturbs all, and a probe of
** the FMA peak runs before and after each sample; a sample between slow probes is dropped.
*/
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench.h"

enum { BENCH_SAMPLES = 200 };     /* of a case, at most */

/* What was measured of one case. */
struct bench_figures {
    double seconds;               /* median of one run */
    double spread;                /* distance of the quartiles, as a share of the median */
    double peak;                  /* GFLOP/s: FMA peak of all threads, measured around each sample, median */
    int samples, dropped;         /* dropped: a neighbour was busy */
};

/* Runs `count` cases in turns until `seconds` each are over; figures is (count). */
void bench_measure(struct bench *benches, struct bench_figures *figures, int count, double seconds);

/* Bytes a second that the threads of this case read from memory; 0 and a sentence when there is none. */
double bench_stream(struct bench *bench, struct problem *problem);

#endif
