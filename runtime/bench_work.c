#include "bench_work.h"

#include "array.h"
#include "reference_line.h"

enum { COUNTED_PAIRS = 1 << 22 };        /* pairs of a query and a key looked at when visible work is counted */

/* Visible keys of the first head's query at index i. */
static int32_t keys_seen(const struct reference_line *line, const struct bench *bench, int32_t i)
{
    const struct bench_case *setting = &bench->setting;
    const struct array_view view = { &line->arrays, bench->args.array, &bench->sequence };
    const struct expression_source source = array_source(&view);
    int64_t at[EXPRESSION_VARIABLES] = { 0 };
    at[EXPRESSION_Q] = setting->kv - setting->q + i;
    at[EXPRESSION_Q_LEN] = setting->q;
    at[EXPRESSION_KV_LEN] = setting->kv;
    int32_t seen = 0;
    for (at[EXPRESSION_K] = 0; at[EXPRESSION_K] < setting->kv; at[EXPRESSION_K]++)
        seen += expression_evaluate(&line->mask, at, &source);
    return seen;
}

/* Pairs of a query and a visible key for one head, counted over evenly spaced queries when there are too many to look at. */
static double pairs_count(const struct reference_line *line, const struct bench *bench)
{
    const struct bench_case *setting = &bench->setting;
    const int64_t all = (int64_t)setting->q * setting->kv;
    const int32_t step = (int32_t)(all / COUNTED_PAIRS) + 1;
    double seen = 0.0;
    int32_t looked = 0;
    for (int32_t i = step / 2 < setting->q ? step / 2 : 0; i < setting->q; i += step, looked++)
        seen += keys_seen(line, bench, i);
    return seen / looked * setting->q;
}

/* Bytes of d values as they are cached; what scales a row, or a block of it, are numbers of 2 bytes. */
static double cached_bytes(const struct reference_cached *cached, int d)
{
    static const struct { double value; int scales; } sizes[] = {
        [CACHE_F32] = { 4.0, 0 }, [CACHE_F16]  = { 2.0, 0 }, [CACHE_BF16] = { 2.0, 0 },
        [CACHE_FP8] = { 1.0, 0 }, [CACHE_INT8] = { 1.0, 1 }, [CACHE_INT4] = { 0.5, 2 }
    };
    const int runs = cached->block == 0 ? 1 : (d + cached->block - 1) / cached->block;
    return d * sizes[cached->type].value + 2.0 * runs * sizes[cached->type].scales;
}

/* write reads its keys and caches them; the others read them from the cache, decode those that it sees. */
static double bytes_count(const struct reference_line *line, const struct bench_case *setting, double pairs)
{
    const double given = (double)narrow_bytes((enum narrow)line->activations);
    const double queries = given * (line->d_k + line->d_v) * line->heads * setting->q * setting->sharing;
    const double row = given * (line->d_k + (line->v_in_k ? 0 : line->d_v));
    const double cached_row = cached_bytes(&line->cache_k, line->d_k) + (line->v_in_k ? 0.0 : cached_bytes(&line->cache_v, line->d_v));
    const double keys = cached_row * line->kv_heads * setting->kv;
    if (setting->phase == BENCH_WRITE)
        return keys + row * line->kv_heads * setting->kv;
    const double seen = setting->phase == BENCH_DECODE ? pairs / setting->q / setting->kv : 1.0;
    return keys * seen + queries;
}

bool bench_work_count(struct bench_work *work, const struct bench *bench, struct problem *problem)
{
    const struct bench_case *setting = &bench->setting;
    struct reference_line line;
    char error[256];
    if (!reference_line_read(&line, setting->attention->definition, error, sizeof error))
        return problem_set(problem, "%s", error);
    const double pairs = setting->phase == BENCH_WRITE ? 0.0 : pairs_count(&line, bench);
    work->flops = 2.0 * pairs * setting->sharing * line.heads * (line.d_k + line.d_v);
    work->bytes = bytes_count(&line, setting, pairs);
    return true;
}
