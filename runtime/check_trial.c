#include "check_trial.h"

#include <math.h>
#include <stdlib.h>

/* The spread of scores up to which rounding is what check_verdict.c assumes. */
static const double ordinary_spread = 3.0;

/* Results ------------------------------------------------------------------------------------ */

int32_t trial_keys(const struct trial *trial)
{
    int32_t keys = 0;
    for (int32_t b = 0; b < trial->sequences; b++)
        keys = trial->sequence[b].kv_len > keys ? trial->sequence[b].kv_len : keys;
    return keys;
}

struct result result_create(const struct trial *trial)
{
    const struct reference_line *line = trial->line;
    const size_t rows = (size_t)trial->q.rows, heads = (size_t)line->heads, keys = (size_t)trial_keys(trial);
    const size_t matrix_heads = (size_t)line->matrix_heads.count;
    return (struct result){
        .o = check_memory(rows * heads * (size_t)line->d_v, sizeof(float)),
        .lse = check_memory(rows * heads, sizeof(float)),
        .matrix = matrix_heads > 0 ? check_memory(rows * matrix_heads * keys, sizeof(float)) : NULL,
        .column_sums = line->column_sums ? check_memory((size_t)trial->sequences * heads * keys, sizeof(float)) : NULL
    };
}

void result_destroy(struct result *result)
{
    free(result->o);
    free(result->lse);
    free(result->matrix);
    free(result->column_sums);
    *result = (struct result){ 0 };
}

/* Trials ------------------------------------------------------------------------------------- */

/* Sequences one after another, with rows of nobody between them. */
static void trial_place(struct trial *trial, const struct trial_shape *shape, struct random *random, int64_t *q_rows,
                        int64_t *k_rows)
{
    *q_rows = *k_rows = 0;
    for (int32_t b = 0; b < trial->sequences; b++) {
        *q_rows += random_between(random, 0, 2);
        *k_rows += random_between(random, 0, 2);
        trial->sequence[b] = (struct attn_sequence){
            .q_row = *q_rows, .k_row = *k_rows, .q_len = shape[b].q_len, .q_offset = shape[b].q_offset,
            .k_len = shape[b].kv_len, .kv_len = shape[b].kv_len,
            .capacity = shape[b].kv_len + random_between(random, 0, 70)
        };
        *q_rows += shape[b].q_len;
        *k_rows += shape[b].kv_len;
    }
}

/* Positions follow the places on the key axis from a start of their own. */
static void trial_fill_positions(struct trial *trial, const struct attn_sequence *sequence, struct random *random)
{
    const int32_t start = (int32_t)random_between(random, 0, 3000);
    for (int32_t i = 0; i < sequence->q_len; i++)
        trial->q_position[sequence->q_row + i] = start + sequence->q_offset + i;
    for (int32_t k = 0; k < sequence->kv_len; k++)
        trial->k_position[sequence->k_row + k] = start + k;
}

/* The size of a normed vector's values, without weights. */
static double normed_size(const struct reference_norm *norm, int d_k)
{
    return norm->kind == NORM_L2 ? 1.0 / sqrt(d_k) : 1.0;
}

/*
** Weights that spread around amplitude, and biases, which are small. An offset is part of a weight. NULL where the
** norm has none, so that reading them is seen.
*/
static void norm_fill(float *given[2], const struct reference_norm *norm, int heads, int d_k, double amplitude,
                      struct random *random)
{
    const int count = norm->weights == WEIGHTS_PER_HEAD ? heads * d_k : norm->weights == WEIGHTS_SHARED ? d_k : 0;
    given[0] = count > 0 ? check_memory((size_t)count, sizeof *given[0]) : NULL;
    given[1] = norm->biased ? check_memory((size_t)count, sizeof *given[1]) : NULL;
    for (int i = 0; i < count; i++)
        given[0][i] = (float)(amplitude * (1.0 + 0.25 * (double)random_normal(random)) - norm->offset);
    for (int i = 0; i < count && norm->biased; i++)
        given[1][i] = (float)(0.1 * amplitude * (double)random_normal(random));
}

/* Weights of norms make scores as wide as the first sequence's; what has no weights is as wide as it comes. */
static void trial_fill_norms(struct trial *trial, double spread, struct random *random)
{
    const struct reference_line *line = trial->line;
    const struct reference_norm *q = &line->q_norm, *k = &line->k_norm;
    const double scale = fabs(line->scale) * sqrt(line->d_k);
    const double q_size = normed_size(q, line->d_k), k_size = normed_size(k, line->d_k);
    norm_fill(trial->q_norm, q, line->layer_heads, line->d_k, spread / scale / q_size, random);
    norm_fill(trial->k_norm, k, line->layer_kv_heads, line->d_k, 1.0 / k_size, random);
    if (q->kind != NORM_NONE && q->weights == WEIGHTS_NONE)
        trial->sharpness = fmax(trial->sharpness, scale * q_size / ordinary_spread);
}

static void trial_fill(struct trial *trial, const struct trial_shape *shape, struct random *random)
{
    const double scale = trial->line->scale * sqrt(trial->line->d_k);
    const enum narrow type = (enum narrow)trial->line->activations;
    trial->sharpness = 1.0;
    trial_fill_norms(trial, shape[0].spread, random);
    for (int32_t b = 0; b < trial->sequences; b++) {
        const struct attn_sequence *sequence = &trial->sequence[b];
        strided_fill(&trial->q, sequence->q_row, sequence->q_len, shape[b].spread / scale, 1.0, type, random);
        strided_fill(&trial->k, sequence->k_row, sequence->kv_len, 1.0, shape[b].growth, type, random);
        if (!trial->line->v_in_k)                      /* else v stays NaN, so that reading it is seen */
            strided_fill(&trial->v, sequence->k_row, sequence->kv_len, 1.0, 1.0, type, random);
        trial_fill_positions(trial, sequence, random);
        trial->sharpness = fmax(trial->sharpness, shape[b].spread / ordinary_spread);
    }
}

struct attn_args trial_args(const struct trial *trial, const struct attn_sequence *sequence, int32_t sequences)
{
    return (struct attn_args){
        .sequence = sequence, .sequences = sequences,
        .q = strided_row(&trial->q, 0, 0), .q_stride = trial->q.stride, .q_head_stride = trial->q.head_stride,
        .k = strided_row(&trial->k, 0, 0), .k_stride = trial->k.stride, .k_head_stride = trial->k.head_stride,
        .v = strided_row(&trial->v, 0, 0), .v_stride = trial->v.stride, .v_head_stride = trial->v.head_stride,
        .sink = trial->sink, .array = trial->arrays.given,
        .q_norm_weight = trial->q_norm[0], .q_norm_bias = trial->q_norm[1],
        .k_norm_weight = trial->k_norm[0], .k_norm_bias = trial->k_norm[1]
    };
}

/* The sequences with the reference's caches. */
static void trial_sequences(const struct trial *trial, double *const cache[], struct attn_sequence *sequence)
{
    for (int32_t b = 0; b < trial->sequences; b++) {
        sequence[b] = trial->sequence[b];
        sequence[b].cache = cache[b];
    }
}

static void trial_write(struct trial *trial, const struct subject *subject)
{
    struct attn_sequence sequence[TRIAL_SEQUENCES];
    for (int32_t b = 0; b < trial->sequences; b++)
        trial->reference_cache[b] = check_memory(reference_cache_bytes(subject->reference, trial->sequence[b].capacity), 1);
    trial_sequences(trial, trial->reference_cache, sequence);
    const struct attn_args args = trial_args(trial, sequence, trial->sequences);
    reference_write(subject->reference, &args, trial->k_position);
}

void trial_attend(struct trial *trial, const struct subject *subject, double *const cache[])
{
    const struct reference_line *line = trial->line;
    struct attn_sequence sequence[TRIAL_SEQUENCES];
    trial_sequences(trial, cache, sequence);
    struct attn_args args = trial_args(trial, sequence, trial->sequences);
    args.o = trial->expected.o;
    args.o_stride = line->heads * line->d_v;
    args.o_head_stride = line->d_v;
    args.lse = trial->expected.lse;
    args.lse_stride = line->heads;
    args.matrix = trial->expected.matrix;
    args.matrix_head_stride = args.column_sums_head_stride = trial_keys(trial);
    args.matrix_stride = args.matrix_head_stride * line->matrix_heads.count;
    args.column_sums = trial->expected.column_sums;
    args.column_sums_stride = args.column_sums_head_stride * line->heads;
    reference_attend(subject->reference, &args, trial->q_position);
}

void trial_create(struct trial *trial, const struct subject *subject, const struct trial_shape *shape,
                  int32_t sequences, struct random *random)
{
    const struct reference_line *line = &subject->line;
    int64_t q_rows, k_rows;
    *trial = (struct trial){ .line = line, .sequences = sequences };
    trial_place(trial, shape, random, &q_rows, &k_rows);
    trial->q = strided_create(q_rows, line->heads, line->d_k, NARROW_F32, TRIAL_NAN, random);
    trial->k = strided_create(k_rows, line->kv_heads, line->d_k, NARROW_F32, TRIAL_NAN, random);
    trial->v = strided_create(k_rows, line->kv_heads, line->d_v, NARROW_F32, TRIAL_NAN, random);
    trial->q_position = check_memory((size_t)q_rows, sizeof *trial->q_position);
    trial->k_position = check_memory((size_t)k_rows, sizeof *trial->k_position);
    trial->sink = check_memory((size_t)line->layer_heads, sizeof *trial->sink);
    trial->expected = result_create(trial);
    trial_fill(trial, shape, random);
    for (int head = 0; head < line->layer_heads && line->sink == SINK_GIVEN; head++)
        trial->sink[head] = 2.0f * random_normal(random);
    const struct check_shape all = { trial->sequence, sequences, line->layer_heads, q_rows };
    trial->arrays = check_arrays_create(&line->arrays, &all, random);
    trial_write(trial, subject);
    trial_attend(trial, subject, trial->reference_cache);
}

void trial_destroy(struct trial *trial)
{
    guarded_destroy(&trial->q.memory);
    guarded_destroy(&trial->k.memory);
    guarded_destroy(&trial->v.memory);
    check_arrays_destroy(&trial->arrays);
    free(trial->sink);
    for (int i = 0; i < 2; i++) {
        free(trial->q_norm[i]);
        free(trial->k_norm[i]);
    }
    free(trial->q_position);
    free(trial->k_position);
    for (int32_t b = 0; b < trial->sequences; b++)
        free(trial->reference_cache[b]);
    for (int32_t b = 0; b < trial->sequences; b++)
        free(trial->stored_cache[b]);
    result_destroy(&trial->expected);
}

float constant_value(int d)
{
    return 1.0f + (float)(d % 7) / 8.0f;
}

void trial_set_constant(struct trial *trial)
{
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int32_t k = 0; k < trial->sequence[b].kv_len; k++)
            for (int head = 0; head < trial->v.heads; head++)
                for (int d = 0; d < trial->v.width; d++)
                    strided_row(&trial->v, trial->sequence[b].k_row + k, head)[d] = constant_value(d);
}

/* What an expression of the definition is evaluated at, and the sequence as it is from there. */
static struct attn_sequence trial_at(const struct trial *trial, int64_t at[EXPRESSION_VARIABLES], int32_t b, int32_t i,
                                     int32_t k, int head, int32_t shift)
{
    struct attn_sequence sequence = trial->sequence[b];
    sequence.q_offset -= shift;
    at[EXPRESSION_Q] = sequence.q_offset + i;
    at[EXPRESSION_K] = k - shift;
    at[EXPRESSION_H] = head;
    at[EXPRESSION_B] = b;
    at[EXPRESSION_Q_LEN] = sequence.q_len;
    at[EXPRESSION_KV_LEN] = sequence.kv_len;
    return sequence;
}

bool trial_sees(const struct trial *trial, int32_t b, int32_t i, int32_t k, int head, int32_t shift)
{
    int64_t at[EXPRESSION_VARIABLES];
    const struct attn_sequence sequence = trial_at(trial, at, b, i, k, head, shift);
    const struct array_view view = { &trial->line->arrays, trial->arrays.given, &sequence };
    const struct expression_source source = array_source(&view);
    return expression_evaluate(&trial->line->mask, at, &source);
}

double trial_score(const struct trial *trial, int32_t b, int32_t i, int32_t k, int head, int32_t shift, double s)
{
    int64_t at[EXPRESSION_VARIABLES];
    const struct attn_sequence sequence = trial_at(trial, at, b, i, k, head, shift);
    const struct array_view view = { &trial->line->arrays, trial->arrays.given, &sequence };
    const struct expression_source source = array_source(&view);
    return expression_number(&trial->line->score, at, s, &source);
}
