/*
** One attention of attngen, ready to be run again and again: what measure.py times beside the peers. A prefill
** begins with K and V in natural rows, as theirs do: writing them into the cache is part of it.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "kernels.h"
#include "machine.h"

struct attngen_attention {
    struct bench bench;
    struct kernels kernels;
};

/* The first definition of the model in a shared object; NULL, with a sentence in error, when it cannot be had. */
struct attngen_attention *attngen_attention_create(const char *file, const char *model, const char *phase, int q, int kv,
                                                   int threads, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    struct attngen_attention *a = calloc(1, sizeof *a);
    struct bench_case setting = { .q = q, .kv = kv, .sharing = 1, .threads = threads };
    bool good = a != NULL && bench_phase_find(&setting.phase, phase) && kernels_load(&a->kernels, file, model, &problem);
    if (good) {
        setting.attention = a->kernels.table->attention[0]();
        good = bench_create(&a->bench, &setting, NULL, &problem);
    }
    if (good)
        return a;
    free(a);
    return NULL;
}

void attngen_attention_destroy(struct attngen_attention *a)
{
    bench_destroy(&a->bench);
    kernels_unload(&a->kernels);
    free(a);
}

void attngen_attention_run(struct attngen_attention *a)
{
    if (a->bench.setting.phase == BENCH_PREFILL)
        pool_run_phase(a->bench.pool, &a->bench.setting.attention->write, &a->bench.args);
    bench_run(&a->bench);
}

/* q (q, heads, d_k), k (kv, kv_heads, d_k), v (kv, kv_heads, d_v), o (q, heads, d_v). */
const float *attngen_attention_q(const struct attngen_attention *a) { return a->bench.args.q; }
const float *attngen_attention_k(const struct attngen_attention *a) { return a->bench.args.k; }
const float *attngen_attention_v(const struct attngen_attention *a) { return a->bench.args.v; }
const float *attngen_attention_o(const struct attngen_attention *a) { return a->bench.args.o; }
const char *attngen_attention_target(const struct attngen_attention *a) { return a->bench.setting.attention->target; }

/* GFLOP/s of FMA on this thread, with the widest vectors. */
double attngen_fma_rate(void)
{
    return machine_fma_rate(512);
}
