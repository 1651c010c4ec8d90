/*
** One timing. A probe of the FMA peak runs before and after each sample; a sample between slow
** probes is dropped. Decode walks through several caches, so that it reads from memory
** and not from the last-level cache.
*/
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "random.h"
#include "reference_line.h"

enum {
    SAMPLES = 200,                       /* at most */
    SAMPLES_LEAST = 5,
    COLD_BYTES = 192 << 20,              /* more than a last-level cache holds */
    STREAM_BYTES = 256 << 20,
    COUNTED_PAIRS = 1 << 22              /* pairs of a query and a key looked at when visible work is counted */
};

static const double SLOW_PROBE = 0.95;   /* of the fastest one */

static const char *const phase_names[BENCH_PHASES] = { "write", "prefill", "append", "decode" };

const char *bench_phase_name(enum bench_phase phase)
{
    return phase_names[phase];
}

/* Everything one timing works with. */
struct bench {
    const struct bench_case *bench_case;
    struct memory memory;
    struct pool *pool;
    struct attn_sequence sequence;
    struct attn_args args;
    float **caches;                      /* (cache_count), used in turn */
    int cache_count, next_cache;
    double pairs;                        /* of a query and a visible key, for one head */
    double stream;                       /* bytes a second */
    double peak_best;                    /* GFLOP/s of one thread */
};

/* Arrays --------------------------------------------------------------------------------------- */

static float *random_rows(struct bench *b, int64_t rows, int64_t width, struct random *random, struct problem *problem)
{
    float *values = memory_take_large(&b->memory, (size_t)(rows * width), sizeof *values, problem);
    for (int64_t i = 0; values != NULL && i < rows * width; i++)
        values[i] = random_normal(random);
    return values;
}

static float *rotation_rows(struct bench *b, int32_t first, int32_t rows, struct problem *problem)
{
    const struct attn_attention *a = b->bench_case->attention;
    if (a->rotation_floats == 0)
        return NULL;
    int32_t *position = memory_take(&b->memory, (size_t)rows, sizeof *position, problem);
    float *rotation = memory_take(&b->memory, (size_t)rows * (size_t)a->rotation_floats, sizeof *rotation, problem);
    if (position == NULL || rotation == NULL)
        return NULL;
    for (int32_t i = 0; i < rows; i++)
        position[i] = first + i;
    a->rotation(position, rows, rotation);
    return rotation;
}

static bool take_arrays(struct bench *b, struct problem *problem)
{
    const struct attn_attention *a = b->bench_case->attention;
    const int32_t q = b->bench_case->q, kv = b->bench_case->kv;
    struct random random = random_start(1);
    struct attn_args *args = &b->args;
    args->q_stride = (int64_t)a->heads * a->d_k;
    args->k_stride = (int64_t)a->kv_heads * a->d_k;
    args->v_stride = (int64_t)a->kv_heads * a->d_v;
    args->o_stride = (int64_t)a->heads * a->d_v;
    args->q_head_stride = args->k_head_stride = a->d_k;
    args->v_head_stride = args->o_head_stride = a->d_v;
    args->q = random_rows(b, q, args->q_stride, &random, problem);
    args->k = random_rows(b, kv, args->k_stride, &random, problem);
    args->v = random_rows(b, kv, args->v_stride, &random, problem);
    args->o = memory_take_large(&b->memory, (size_t)(q * args->o_stride), sizeof(float), problem);
    args->q_rotation = rotation_rows(b, kv - q, q, problem);
    args->k_rotation = rotation_rows(b, 0, kv, problem);
    args->sequence = &b->sequence;
    args->sequences = 1;
    const bool rotated = a->rotation_floats == 0 || (args->q_rotation != NULL && args->k_rotation != NULL);
    return args->q != NULL && args->k != NULL && args->v != NULL && args->o != NULL && rotated;
}

/* As many caches as decode needs to read from memory, all written. */
static bool take_caches(struct bench *b, struct problem *problem)
{
    const struct attn_attention *a = b->bench_case->attention;
    const size_t bytes = a->cache_bytes(b->bench_case->kv);
    b->cache_count = b->bench_case->phase == BENCH_DECODE ? (int)(COLD_BYTES / bytes) + 1 : 1;
    b->caches = memory_take(&b->memory, (size_t)b->cache_count, sizeof *b->caches, problem);
    for (int i = 0; b->caches != NULL && i < b->cache_count; i++) {
        b->caches[i] = memory_take_large(&b->memory, bytes, 1, problem);
        if (b->caches[i] == NULL)
            return false;
        b->sequence.cache = b->caches[i];
        pool_run_phase(b->pool, &a->write, &b->args);
    }
    return b->caches != NULL;
}

static const struct attn_phase *phase_of(const struct bench_case *bench)
{
    const struct attn_attention *a = bench->attention;
    return bench->phase == BENCH_WRITE ? &a->write : bench->phase == BENCH_DECODE ? &a->decode : &a->prefill;
}

static size_t largest_scratch(const struct attn_attention *a)
{
    size_t bytes = a->write.scratch_bytes;
    bytes = a->prefill.scratch_bytes > bytes ? a->prefill.scratch_bytes : bytes;
    return a->decode.scratch_bytes > bytes ? a->decode.scratch_bytes : bytes;
}

static bool set_up(struct bench *b, struct problem *problem)
{
    const struct bench_case *bench = b->bench_case;
    b->sequence = (struct attn_sequence){
        .q_len = bench->q, .q_offset = bench->kv - bench->q, .k_len = bench->kv, .kv_len = bench->kv, .capacity = bench->kv
    };
    b->pool = pool_create(bench->threads, largest_scratch(bench->attention), &b->memory, problem);
    if (b->pool == NULL || !take_arrays(b, problem) || !take_caches(b, problem))
        return false;
    const size_t workspace = phase_of(bench)->workspace_bytes(&b->args);
    if (workspace > 0)
        b->args.workspace = memory_take_large(&b->memory, workspace, 1, problem);
    return workspace == 0 || b->args.workspace != NULL;
}

/* Work ------------------------------------------------------------------------------------------ */

/* Visible keys of the first head's query at index i. */
static int32_t keys_seen(const struct reference_line *line, const struct bench_case *bench, int32_t i)
{
    int64_t at[EXPRESSION_VARIABLES] = { 0 };
    at[EXPRESSION_Q] = bench->kv - bench->q + i;
    at[EXPRESSION_Q_LEN] = bench->q;
    at[EXPRESSION_KV_LEN] = bench->kv;
    int32_t seen = 0;
    for (at[EXPRESSION_K] = 0; at[EXPRESSION_K] < bench->kv; at[EXPRESSION_K]++)
        seen += expression_evaluate(&line->mask, at);
    return seen;
}

/* Counted over evenly spaced queries when there are too many to look at. */
static bool count_pairs(struct bench *b, struct problem *problem)
{
    const struct bench_case *bench = b->bench_case;
    struct reference_line line;
    char error[256];
    if (!reference_line_read(&line, bench->attention->definition, error, sizeof error))
        return problem_set(problem, "%s", error);
    const int64_t pairs = (int64_t)bench->q * bench->kv;
    const int32_t step = (int32_t)(pairs / COUNTED_PAIRS) + 1;
    double seen = 0.0;
    int32_t looked = 0;
    for (int32_t i = step / 2; i < bench->q; i += step, looked++)
        seen += keys_seen(&line, bench, i);
    b->pairs = seen / looked * bench->q;
    return true;
}

static double flops_of(const struct bench *b)
{
    const struct attn_attention *a = b->bench_case->attention;
    return b->bench_case->phase == BENCH_WRITE ? 0.0 : 2.0 * b->pairs * a->heads * (a->d_k + a->d_v);
}

/* K and V of the keys, q and o of the queries, once each; write reads its keys and writes them. */
static double bytes_of(const struct bench *b)
{
    const struct attn_attention *a = b->bench_case->attention;
    const double row = 4.0 * (a->d_k + a->d_v);
    const double keys = row * a->kv_heads * b->bench_case->kv, queries = row * a->heads * b->bench_case->q;
    if (b->bench_case->phase == BENCH_WRITE)
        return 2.0 * keys;
    const double seen = b->bench_case->phase == BENCH_DECODE ? b->pairs / b->bench_case->q / b->bench_case->kv : 1.0;
    return keys * seen + queries;
}

/* Samples ---------------------------------------------------------------------------------------- */

/* Processor time of a single thread, which other processes do not change; of several, the clock. */
static double seconds_now(const struct bench *b)
{
    return b->bench_case->threads == 1 ? machine_thread_seconds() : machine_seconds();
}

static double run_once(struct bench *b)
{
    b->sequence.cache = b->caches[b->next_cache];
    b->next_cache = (b->next_cache + 1) % b->cache_count;
    const double start = seconds_now(b);
    pool_run_phase(b->pool, phase_of(b->bench_case), &b->args);
    return seconds_now(b) - start;
}

/* What every thread reads at once. */
struct stream { const unsigned char *memory; size_t bytes; unsigned *sums; };

static void stream_task(void *context, int64_t task, void *scratch)
{
    const struct stream *stream = context;
    (void)scratch;
    stream->sums[task] = machine_read(stream->memory + (size_t)task * stream->bytes, stream->bytes);
}

static bool measure_stream(struct bench *b, struct problem *problem)
{
    const int threads = b->bench_case->threads;
    unsigned char *memory = memory_take_large(&b->memory, STREAM_BYTES, 1, problem);
    struct stream stream = { memory, STREAM_BYTES / (size_t)threads, memory_take(&b->memory, (size_t)threads, sizeof(unsigned), problem) };
    if (memory == NULL || stream.sums == NULL)
        return false;
    memset(memory, 1, STREAM_BYTES);
    for (int run = 0; run < 5; run++) {
        const double start = seconds_now(b);
        pool_run(b->pool, threads, stream_task, &stream);
        const double rate = (double)stream.bytes * threads / (seconds_now(b) - start);
        b->stream = rate > b->stream ? rate : b->stream;
    }
    return true;
}

/* One sample: the time, and the probes around it; false when a probe was slow. */
static bool sample(struct bench *b, double *seconds, double *peak)
{
    const double before = machine_fma_rate();
    *seconds = run_once(b);
    const double after = machine_fma_rate();
    *peak = before > after ? before : after;
    b->peak_best = *peak > b->peak_best ? *peak : b->peak_best;
    const double slower = before < after ? before : after;
    return slower >= SLOW_PROBE * b->peak_best;
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2.0;
}

/* Samples until the time is up; when every one of them was dropped, the slow ones have to do. */
static void measure(struct bench *b, struct bench_figures *figures)
{
    double times[SAMPLES], peaks[SAMPLES];
    const double end = machine_seconds() + b->bench_case->seconds;
    int kept = 0;
    run_once(b);
    while (kept < SAMPLES && (kept < SAMPLES_LEAST || machine_seconds() < end)) {
        const bool good = sample(b, &times[kept], &peaks[kept]);
        const bool late = machine_seconds() > end + b->bench_case->seconds;
        figures->dropped += !good;
        kept += good || late;
    }
    figures->samples = kept;
    figures->ms = 1e3 * median(times, kept);
    figures->peak_gflops = median(peaks, kept) * b->bench_case->threads;
}

bool bench_run(struct bench_figures *figures, const struct bench_case *bench, struct problem *problem)
{
    struct bench b = { .bench_case = bench };
    *figures = (struct bench_figures){ 0 };
    memory_begin(&b.memory, NULL);
    const bool ready = set_up(&b, problem) && count_pairs(&b, problem) && measure_stream(&b, problem);
    if (ready) {
        measure(&b, figures);
        const double seconds = figures->ms * 1e-3, flops = flops_of(&b), bytes = bytes_of(&b);
        figures->stream_gbps = b.stream * 1e-9;
        figures->gflops = flops / seconds * 1e-9;
        figures->gbps = bytes / seconds * 1e-9;
        figures->fraction = fmax(flops / (figures->peak_gflops * 1e9), bytes / b.stream) / seconds;
    }
    pool_destroy(b.pool);
    memory_release(&b.memory);
    return ready;
}
