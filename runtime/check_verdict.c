#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/*
** The largest error allowed: of o relative to the largest |v| of its sequence and head, of lse relative to
** 1 + |lse|. Ordinary scores are floats of up to about 30 in size (score_kinds of check_main.c), and a float of
** that size is known to 2e-6; a chain of d_k roundings makes a few times as much of it, and a weight, e^s, is wrong
** by the factor by which s is wrong: so wider scores are allowed more, as row_width says. Sums over keys add less
** than that; sigmoid weights, of which each may be 1, as much as there are tiles of them. A hidden key that is seen, or one that is forgotten, changes o by one part in the number of keys: 4e-4
** of the longest trial.
*/
static const double tolerance = 2e-5;
static const double ordinary_score = 30.0;

/* "17 17 0, 3 0 -2": queries, keys and offset of each sequence. */
static void shapes_print(const struct trial *trial, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int32_t b = 0; b < trial->sequences && length < size; b++) {
        const struct attn_sequence *sequence = &trial->sequence[b];
        length += (size_t)snprintf(text + length, size - length, "%s%d %d %d", b > 0 ? ", " : "",
                                   (int)sequence->q_len, (int)sequence->kv_len, (int)sequence->q_offset);
    }
}

void verdict_fail(struct check *check, const char *way, const char *format, ...)
{
    char *failure = check->verdict->failure, what[VERDICT_BYTES / 2], shapes[VERDICT_BYTES / 4];
    if (failure[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    shapes_print(check->trial, shapes, sizeof shapes);
    snprintf(failure, VERDICT_BYTES, "%s: %s; sequences (q_len kv_len q_offset) %s", way, what, shapes);
}

bool verdict_take(struct check *check, const char *way, struct run *run, struct result *found)
{
    if (run_result(run, found))
        return true;
    verdict_fail(check, way, "wrote %s", run->damage);
    return false;
}

static bool same_bits(struct check *check, const char *way, const char *name, const float *found,
                      const float *expected, int width)
{
    const int heads = check->trial->line->heads;
    const int64_t count = check->trial->q.rows * heads * width;
    for (int64_t i = 0; i < count; i++)
        if (memcmp(&found[i], &expected[i], sizeof found[i]) != 0) {
            const int64_t row_head = i / width;
            verdict_fail(check, way, "%s of row %lld, head %lld, place %lld is %.9g; expected the bits of %.9g", name,
                         (long long)(row_head / heads), (long long)(row_head % heads), (long long)(i % width),
                         found[i], expected[i]);
            return false;
        }
    return true;
}

bool verdict_same(struct check *check, const char *way, const struct result *found, const struct result *expected)
{
    return same_bits(check, way, "o", found->o, expected->o, check->trial->line->d_v) &&
           same_bits(check, way, "lse", found->lse, expected->lse, 1);
}

/* The largest |v| of a sequence's KV head. */
static double value_largest(const struct trial *trial, const struct attn_sequence *sequence, int kv_head)
{
    double largest = 0.0;
    for (int32_t k = 0; k < sequence->kv_len; k++) {
        const float *v = strided_row(&trial->v, sequence->k_row + k, kv_head);
        for (int d = 0; d < trial->v.width; d++)
            largest = fmax(largest, fabs((double)v[d]));
    }
    return largest;
}

/*
** How many times wider than ordinary a row's scores are: because its trial is sharp, or because a bias makes them
** large, which shows in the lse, close to the largest of them. A row without a key is exact.
*/
static double row_width(const struct trial *trial, float lse)
{
    return isinf(lse) ? 1.0 : fmax(trial->sharpness, fabs((double)lse) / ordinary_score);
}

/* How many times larger than one value a sum of weighted values may be. */
static double row_sum(const struct trial *trial, const struct attn_sequence *sequence)
{
    return trial->line->normalize == 1 ? 1.0 + sequence->kv_len / 64.0 : 1.0;
}

/* One float against its expectation; unit is what an error of 1 would be. Equal infinities and NaN are near. */
static bool float_near(struct check *check, float found, float expected, double unit)
{
    const bool equal = found == expected || (isnan(found) && isnan(expected));
    const double difference = equal ? 0.0 : fabs((double)found - (double)expected);
    const double error = difference > 0.0 ? difference / unit : difference;
    if (error > check->verdict->worst)
        check->verdict->worst = error;
    return error <= tolerance;
}

static bool row_near(struct check *check, const char *way, int64_t row, int head, double largest,
                     const struct result *found, const struct result *expected)
{
    const struct reference_line *line = check->trial->line;
    const int64_t row_head = row * line->heads + head;
    const float lse = found->lse[row_head], expected_lse = expected->lse[row_head];
    const double width = row_width(check->trial, expected_lse);
    for (int64_t i = row_head * line->d_v; i < (row_head + 1) * line->d_v; i++)
        if (!float_near(check, found->o[i], expected->o[i], largest * width)) {
            verdict_fail(check, way, "o of row %lld, head %d, place %lld is %.9g; expected %.9g (largest |v| %.3g)",
                         (long long)row, head, (long long)(i % line->d_v), found->o[i], expected->o[i], largest);
            return false;
        }
    const double lse_unit = isinf(expected_lse) ? 1.0 : 1.0 + fabs((double)expected_lse);
    if (float_near(check, lse, expected_lse, lse_unit * width))
        return true;
    verdict_fail(check, way, "lse of row %lld, head %d is %.9g; expected %.9g", (long long)row, head, lse,
                 expected_lse);
    return false;
}

bool verdict_near(struct check *check, const char *way, const struct result *found, const struct result *expected)
{
    const struct trial *trial = check->trial;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int head = 0; head < trial->line->heads; head++) {
            const struct attn_sequence *sequence = &trial->sequence[b];
            const double largest = value_largest(trial, sequence, trial->line->kv_of[head]) * row_sum(trial, sequence);
            for (int64_t i = 0; i < sequence->q_len; i++)
                if (!row_near(check, way, sequence->q_row + i, head, largest, found, expected))
                    return false;
        }
    return true;
}
