#include "check_cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
** The largest error of a stored value: relative to itself, relative to its row's largest, and absolute. Half a unit
** of the last place where values are rounded; half a step where they are scaled, the scale up to 2^-7 too large and
** the minimum as much too low.
*/
static const struct { double relative, of_row, absolute; } storage_error[] = {
    [CACHE_F32]  = { 0.0,          0.0,              0.0 },
    [CACHE_F16]  = { 1.0 / 2048.0, 0.0,              1.0 / 33554432.0 },
    [CACHE_BF16] = { 1.0 / 256.0,  0.0,              1e-40 },
    [CACHE_FP8]  = { 1.0 / 16.0,   0.0,              1.0 / 1024.0 },
    [CACHE_INT8] = { 0.0,          0.5 * 1.01 / 127, 1e-40 },
    [CACHE_INT4] = { 0.0,          1.03 / 15,        1e-40 },
};

/* Keys are rotated in float by angles rounded to float: a few units of 2^-24 of the pair's length. */
static const double rotation_error = 1e-6;

static double row_largest(const double *row, int d)
{
    double largest = 0.0;
    for (int i = 0; i < d; i++)
        largest = fmax(largest, fabs(row[i]));
    return largest;
}

static bool row_near(const double *expected, const float *found, int d, const struct reference_cached *cached, double rounding)
{
    const double largest = row_largest(expected, d);
    for (int i = 0; i < d; i++) {
        const double allowed = storage_error[cached->type].relative * fabs(expected[i]) + storage_error[cached->type].absolute +
                               (storage_error[cached->type].of_row + rounding) * largest;
        if (!(fabs(expected[i] - (double)found[i]) <= allowed))
            return false;
    }
    return true;
}

/* The value behind an expected key; where the key holds it, the very numbers of the key found. */
static bool value_near(const struct reference_line *line, const double *key, const float *k, const float *v)
{
    if (line->v_in_k)
        return memcmp(v, k + line->d_k - line->d_v, (size_t)line->d_v * sizeof *v) == 0;
    return row_near(key + line->d_k, v, line->d_v, &line->cache_v, 0.0);
}

/* Rows of one KV head, read into memory of just their size. */
struct rows { struct guarded k, v; float *k_rows, *v_rows; };

static struct rows rows_read(const struct run *run, int32_t b, int head, int32_t first, int32_t count)
{
    const struct reference_line *line = run->trial->line;
    struct rows rows = {
        .k = guarded_create((size_t)count * (size_t)line->d_k * sizeof(float), sizeof(float), GUARD_END),
        .v = guarded_create((size_t)count * (size_t)line->d_v * sizeof(float), sizeof(float), GUARD_END)
    };
    rows.k_rows = (float *)(void *)rows.k.data;
    rows.v_rows = (float *)(void *)rows.v.data;
    run->attention->read(&run->sequence[b], head, first, count, rows.k_rows, rows.v_rows);
    return rows;
}

static bool rows_release(struct rows *rows)
{
    const bool intact = guarded_intact(&rows->k) && guarded_intact(&rows->v);
    guarded_destroy(&rows->k);
    guarded_destroy(&rows->v);
    return intact;
}

/* A key of the reference's cache, its value behind it. */
static double *reference_key(const struct trial *trial, double *const cache[], int32_t b, int32_t place, int head)
{
    const struct reference_line *line = trial->line;
    return cache[b] + ((int64_t)place * line->kv_heads + head) * (line->d_k + line->d_v);
}

static bool head_reads_back(struct run *run, int32_t b, int head, int32_t first, int32_t count)
{
    const struct trial *trial = run->trial;
    const struct reference_line *line = trial->line;
    struct rows rows = rows_read(run, b, head, first, count);
    bool same = true;
    for (int64_t i = 0; i < count && same; i++) {
        const double *key = reference_key(trial, trial->reference_cache, b, (int32_t)(first + i), head);
        same = row_near(key, rows.k_rows + i * line->d_k, line->d_k, &line->cache_k, rotation_error) &&
               value_near(line, key, rows.k_rows + i * line->d_k, rows.v_rows + i * line->d_v);
    }
    return rows_release(&rows) && same;
}

bool cache_reads_back(struct run *run)
{
    bool same = true;
    for (int32_t b = 0; b < run->trial->sequences; b++)
        for (int head = 0; head < run->attention->kv_heads && same; head++) {
            const int64_t first = random_between(run->random, 0, run->sequence[b].kv_len);
            const int64_t count = random_between(run->random, 0, run->sequence[b].kv_len - first);
            same = head_reads_back(run, b, head, (int32_t)first, (int32_t)count);
        }
    return same;
}

void cache_copy(struct run *from, struct run *to)
{
    for (int32_t b = 0; b < from->trial->sequences; b++)
        for (int head = 0; head < from->attention->kv_heads; head++) {
            const int32_t kv_len = from->sequence[b].kv_len, cut = (int32_t)random_between(from->random, 0, kv_len);
            struct rows first = rows_read(from, b, head, 0, cut), second = rows_read(from, b, head, cut, kv_len - cut);
            from->attention->store(&to->sequence[b], head, cut, kv_len - cut, second.k_rows, second.v_rows);
            from->attention->store(&to->sequence[b], head, 0, cut, first.k_rows, first.v_rows);
            rows_release(&first);
            rows_release(&second);
        }
}

bool cache_copies_exactly(const struct reference_line *line)
{
    return line->cache_k.type < CACHE_INT8 && line->cache_v.type < CACHE_INT8;
}

void cache_read_value(struct run *run, int32_t b, int head, int32_t place, float *v)
{
    struct rows rows = rows_read(run, b, head, place, 1);
    memcpy(v, rows.v_rows, (size_t)run->trial->line->d_v * sizeof *v);
    rows_release(&rows);
}

/* The reference's cache of one head as the kernels read theirs. */
static void head_settle(struct trial *trial, const struct run *run, int32_t b, int head)
{
    const struct reference_line *line = trial->line;
    struct rows rows = rows_read(run, b, head, 0, run->sequence[b].kv_len);
    for (int32_t place = 0; place < run->sequence[b].kv_len; place++) {
        double *key = reference_key(trial, trial->stored_cache, b, place, head);
        for (int d = 0; d < line->d_k; d++)
            key[d] = rows.k_rows[(int64_t)place * line->d_k + d];
        for (int d = 0; d < line->d_v; d++)
            key[line->d_k + d] = rows.v_rows[(int64_t)place * line->d_v + d];
    }
    rows_release(&rows);
}

void cache_settle(struct trial *trial, const struct subject *subject, const struct attn_attention *attention,
                  struct random *random)
{
    struct run run;
    if (trial->line->cache_k.type == CACHE_F32 && trial->line->cache_v.type == CACHE_F32)
        return;
    run_create(&run, trial, attention, random);
    run_write(&run);
    for (int32_t b = 0; b < trial->sequences; b++) {
        trial->stored_cache[b] = check_memory(reference_cache_bytes(subject->reference, trial->sequence[b].capacity), 1);
        for (int head = 0; head < attention->kv_heads; head++)
            head_settle(trial, &run, b, head);
    }
    run_destroy(&run);
    trial_attend(trial, subject, trial->stored_cache);
}
