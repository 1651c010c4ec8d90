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
static bool pairs_count(double *pairs, const struct bench *bench, struct problem *problem)
{
    const struct bench_case *setting = &bench->setting;
    struct reference_line line;
    char error[256];
    if (!reference_line_read(&line, setting->attention->definition, error, sizeof error))
        return problem_set(problem, "%s", error);
    const int64_t all = (int64_t)setting->q * setting->kv;
    const int32_t step = (int32_t)(all / COUNTED_PAIRS) + 1;
    double seen = 0.0;
    int32_t looked = 0;
    for (int32_t i = step / 2 < setting->q ? step / 2 : 0; i < setting->q; i += step, looked++)
        seen += keys_seen(&line, bench, i);
    *pairs = seen / looked * setting->q;
    return true;
}

/* write reads its keys and writes them; decode reads those that it sees. */
static double bytes_count(const struct bench_case *setting, double pairs)
{
    const struct attn_attention *a = setting->attention;
    const double row = 4.0 * (a->d_k + a->d_v);
    const double keys = row * a->kv_heads * setting->kv, queries = row * a->heads * setting->q;
    if (setting->phase == BENCH_WRITE)
        return 2.0 * keys;
    const double seen = setting->phase == BENCH_DECODE ? pairs / setting->q / setting->kv : 1.0;
    return keys * seen + queries;
}

bool bench_work_count(struct bench_work *work, const struct bench *bench, struct problem *problem)
{
    const struct bench_case *setting = &bench->setting;
    const struct attn_attention *a = setting->attention;
    double pairs = 0.0;
    if (setting->phase != BENCH_WRITE && !pairs_count(&pairs, bench, problem))
        return false;
    work->flops = 2.0 * pairs * a->heads * (a->d_k + a->d_v);
    work->bytes = bytes_count(setting, pairs);
    return true;
}
