/*
** One phase of one definition at fixed lengths, with everything it works on, ready to be run again and
** again: bench_measure.h times it.
*/
#ifndef BENCH_H
#define BENCH_H

#include "bench_phase.h"
#include "memory.h"
#include "pool.h"

struct bench_case {
    const struct attn_attention *attention;
    enum bench_phase phase;
    int32_t q, kv;                       /* queries, keys they may see: the queries are the last of the keys */
    int threads;
    int32_t sharing;                     /* sequences, of so many queries each, that read the same keys together */
};

struct bench {
    struct bench_case setting;
    struct memory memory;
    struct pool *pool;
    struct attn_sequence sequence;
    struct attn_sequence *sharing;       /* (setting.sharing): the same for each sequence, with queries of its own */
    struct attn_args args;
    size_t workspace_bytes;
    unsigned char *caches;               /* (cache_count, cache_stride bytes), used in turn */
    size_t cache_stride;
    int cache_count;
    int *next_cache, own_next;           /* benches that share caches share the turn: none finds what another has just read */
};

/*
** false, with a sentence, when there is no memory; bench_destroy is due all the same. A bench like another one (or NULL)
** works on that one's arrays and caches: the same definition and lengths, by other kernels with the same cache layout.
*/
bool bench_create(struct bench *bench, const struct bench_case *setting, const struct bench *like, struct problem *problem);
void bench_destroy(struct bench *bench);

/* Runs it once, on the next cache. */
void bench_run(struct bench *bench);

/* Seconds: with one thread of its processor time, which other processes do not change; else of the clock. */
double bench_seconds(const struct bench *bench);

#endif
