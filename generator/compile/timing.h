/*
** Timings of compiled kernels: what build/attn_bench is asked for, and what it answers.
*/
#ifndef TIMING_H
#define TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "../../runtime/bench_phase.h"
#include "../base/arena.h"
#include "../base/report.h"

enum { TIMING_OBJECTS = 64, TIMING_CASES = 1024 };     /* most at a time */

struct timing_case {
    int definition;                      /* of the model, from 0 */
    enum bench_phase phase;
    int32_t q, kv, threads;
};

/* What was measured of one object in one case. */
struct timing {
    char target[32];
    double seconds, spread;              /* median of a run; distance of the quartiles as a share of it */
    double flops, bytes;                 /* of visible work */
    double peak_gflops, stream;          /* of the same run; stream in bytes a second */
    long workspace;                      /* bytes */
    double huge;                         /* share of the cache's memory on huge pages; below 0: not known */
    int samples, dropped;
};

struct timing_job {
    const char *root, *model;
    const char *target;                  /* NULL: the best that this CPU has */
    const char *const *objects;          /* (object_count): they take turns within a case */
    int object_count;
    const struct timing_case *cases;     /* (case_count) */
    int case_count;
    double seconds;                      /* for a case and object */
    const char *sharing;                 /* how many sequences read the same keys together; NULL: one */
    bool streams;                        /* whether the memory's bandwidth is measured, which takes a while */

    struct timing *timings;              /* (case_count, object_count), out */
    void (*take)(void *context, int at); /* called as soon as timings[at] is there; or NULL */
    void *context;
};

/* false after a report. */
bool timing_run(struct timing_job *job, struct arena *arena, struct report *report);

/* The share of the roofline: the larger of flops / peak and bytes / stream, over the time. */
double timing_fraction(const struct timing *timing);

#endif
