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
** of the longest trial. What activations of two bytes do to o is not an error: half a unit of their last place, and
** where parts were merged that of each part as well.
*/
static const double tolerance = 2e-5;
static const double ordinary_score = 30.0;

/*
** What products of rounded numbers add to it. Weights rounded to bf16 are each wrong by up to 2^-9, which moves their mean
** of values by at most 2^-8 of the largest, and lse by 2^-9; the reference does not round them. It does round q, and so
** alike, unless q was turned or normed: then floats and doubles may fall on two sides of a tie. One number of q that does
** moves a score of spread 3, with keys up to 2 times 3 large, by 3 * 6 times its share in q times 2^-8 (bf16) or 1 / 127
** (int8), and o by half of that where weights are even; its share is seldom more than 3 / sqrt(d_k).
*/
static double tolerance_of(const struct reference_line *line)
{
    const bool turned = line->rotates || line->q_norm.kind != NORM_NONE;
    const double share = turned ? fmin(1.0, 3.0 / sqrt(line->d_k)) : 0.0;
    switch (line->compute) {
    case COMPUTE_BF16: return tolerance + 1.0 / 256.0 + 9.0 / 256.0 * share;
    case COMPUTE_INT8: return tolerance + 9.0 / 127.0 * share;
    default:           return tolerance;
    }
}

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
    const struct reference_line *line = trial->line;
    double largest = 0.0;
    for (int32_t k = 0; k < sequence->kv_len; k++) {
        const float *v = line->v_in_k ? strided_row(&trial->k, sequence->k_row + k, kv_head) + line->d_k - line->d_v
                                      : strided_row(&trial->v, sequence->k_row + k, kv_head);
        for (int d = 0; d < line->d_v; d++)
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

/*
** How many times larger than one value a sum of weighted values may be. Sigmoid weights do not share a sum of 1: where each is
** rounded to bf16 by itself, these errors add up as those of independent numbers do.
*/
static double row_sum(const struct trial *trial, const struct attn_sequence *sequence)
{
    if (trial->line->normalize != 1)
        return 1.0;
    const double sums = 1.0 + sequence->kv_len / 64.0;
    return trial->line->compute == COMPUTE_BF16 ? fmax(sums, sqrt((double)sequence->kv_len)) : sums;
}

/* What a number is held to: an error of 1 is so much, behind what rounding may have changed. */
struct nearness { double unit, rounding; };

/* One float against its expectation. Equal infinities and NaN are near. */
static bool float_near(struct check *check, float found, float expected, struct nearness near)
{
    const bool equal = found == expected || (isnan(found) && isnan(expected));
    const double beyond = fabs((double)found - (double)expected) - near.rounding;
    const double difference = equal || beyond < 0.0 ? 0.0 : beyond;      /* a NaN stays one */
    const double error = difference > 0.0 ? difference / near.unit : difference;
    if (error > check->verdict->worst)
        check->verdict->worst = error;
    return error <= tolerance_of(check->trial->line);
}

/* How far rounding o may have taken a number that is expected; or each of two parts up to so large, what was made of them, and what is expected. */
static double o_rounding(const struct check *check, float expected, double parts)
{
    const enum narrow type = (enum narrow)check->trial->line->activations;
    return parts > 0.0 ? 4.0 * narrow_error(type, parts) : narrow_error(type, expected);
}

static bool row_near(struct check *check, const char *way, int64_t row, int head, double largest, double parts,
                     const struct result *found, const struct result *expected)
{
    const struct reference_line *line = check->trial->line;
    const int64_t row_head = row * line->heads + head;
    const float lse = found->lse[row_head], expected_lse = expected->lse[row_head];
    const double width = row_width(check->trial, expected_lse);
    for (int64_t i = row_head * line->d_v; i < (row_head + 1) * line->d_v; i++)
        if (!float_near(check, found->o[i], expected->o[i],
                        (struct nearness){ largest * width, o_rounding(check, expected->o[i], parts) })) {
            verdict_fail(check, way, "o of row %lld, head %d, place %lld is %.9g; expected %.9g (largest |v| %.3g)",
                         (long long)row, head, (long long)(i % line->d_v), found->o[i], expected->o[i], largest);
            return false;
        }
    const double lse_unit = isinf(expected_lse) ? 1.0 : 1.0 + fabs((double)expected_lse);
    if (float_near(check, lse, expected_lse, (struct nearness){ lse_unit * width, 0.0 }))
        return true;
    verdict_fail(check, way, "lse of row %lld, head %d is %.9g; expected %.9g", (long long)row, head, lse,
                 expected_lse);
    return false;
}

static bool results_near(struct check *check, const char *way, double parts, const struct result *found,
                         const struct result *expected)
{
    const struct trial *trial = check->trial;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int head = 0; head < trial->line->heads; head++) {
            const struct attn_sequence *sequence = &trial->sequence[b];
            const double largest = value_largest(trial, sequence, trial->line->kv_of[head]) * row_sum(trial, sequence);
            for (int64_t i = 0; i < sequence->q_len; i++)
                if (!row_near(check, way, sequence->q_row + i, head, largest, parts, found, expected))
                    return false;
        }
    return true;
}

bool verdict_near(struct check *check, const char *way, const struct result *found, const struct result *expected)
{
    return results_near(check, way, 0.0, found, expected);
}

bool verdict_near_merged(struct check *check, const char *way, double parts, const struct result *found, const struct result *expected)
{
    return results_near(check, way, parts, found, expected);
}

/* Outputs by key ----------------------------------------------------------------------------- */

/* A number for each key: of each query and each head of the matrix, or of each sequence and head. */
struct keys_of { const char *name; const float *found, *expected; int heads; bool by_query; };

/* What an error of 1 would be: 1 + the size, as of an lse. A weight is at most 1, and a sum is of that many weights. */
static bool keys_near(struct check *check, const char *way, const struct keys_of *of, int64_t row, int head, double width)
{
    const int32_t keys = trial_keys(check->trial);
    const int64_t first = (row * of->heads + head) * keys;
    for (int64_t i = first; i < first + keys; i++) {
        const double unit = isinf(of->expected[i]) ? 1.0 : 1.0 + fabs((double)of->expected[i]);
        if (float_near(check, of->found[i], of->expected[i], (struct nearness){ unit * width, 0.0 }))
            continue;
        verdict_fail(check, way, "%s of row %lld, its head %d, key %lld is %.9g; expected %.9g", of->name, (long long)row, head,
                     (long long)(i - first), of->found[i], of->expected[i]);
        return false;
    }
    return true;
}

/* The widest row of a sequence's head. */
static double head_width(const struct check *check, const struct attn_sequence *sequence, int head, const float *lse)
{
    double width = check->trial->sharpness;
    for (int64_t i = 0; i < sequence->q_len; i++)
        width = fmax(width, row_width(check->trial, lse[(sequence->q_row + i) * check->trial->line->heads + head]));
    return width;
}

/* Where the matrix's head stands among those left. */
static int matrix_head(const struct reference_line *line, int slot)
{
    int head = 0;
    while (line->keep.list[head] != line->matrix_heads.list[slot])
        head++;
    return head;
}

static bool sequence_near(struct check *check, const char *way, const struct keys_of *of, int32_t b, const float *lse)
{
    const struct attn_sequence *sequence = &check->trial->sequence[b];
    for (int at = 0; at < of->heads; at++) {
        const int head = of->by_query ? matrix_head(check->trial->line, at) : at;
        const double width = head_width(check, sequence, head, lse);
        for (int64_t i = 0; i < (of->by_query ? sequence->q_len : 1); i++)
            if (!keys_near(check, way, of, of->by_query ? sequence->q_row + i : b, at, width))
                return false;
    }
    return true;
}

bool verdict_near_outputs(struct check *check, const char *way, const struct result *found, const struct result *expected)
{
    const struct reference_line *line = check->trial->line;
    const struct keys_of matrix = { "matrix", found->matrix, expected->matrix, line->matrix_heads.count, true };
    const struct keys_of sums = { "column sums", found->column_sums, expected->column_sums, line->column_sums ? line->heads : 0, false };
    for (int32_t b = 0; b < check->trial->sequences; b++)
        if (!sequence_near(check, way, &matrix, b, expected->lse) || !sequence_near(check, way, &sums, b, expected->lse))
            return false;
    return true;
}

static bool same_keys(struct check *check, const char *way, const char *name, const float *found, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (memcmp(&found[i], &expected[i], sizeof found[i]) != 0) {
            const int32_t keys = trial_keys(check->trial);
            verdict_fail(check, way, "%s %lld, key %lld is %.9g; expected the bits of %.9g", name, (long long)(i / keys),
                         (long long)(i % keys), found[i], expected[i]);
            return false;
        }
    return true;
}

bool verdict_same_outputs(struct check *check, const char *way, const struct result *found, const struct result *expected)
{
    const struct trial *trial = check->trial;
    const struct reference_line *line = trial->line;
    const int64_t keys = trial_keys(trial), sums = line->column_sums ? trial->sequences * line->heads * keys : 0;
    return same_keys(check, way, "matrix, row and head", found->matrix, expected->matrix, trial->q.rows * line->matrix_heads.count * keys)
        && same_keys(check, way, "column sums, sequence and head", found->column_sums, expected->column_sums, sums);
}
