#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "array.h"
#include "reference_compute.h"
#include "reference_line.h"
#include "reference_norm.h"
#include "reference_rotation.h"

struct reference {
    struct reference_line line;
    double frequency[REFERENCE_D / 2];     /* radians a position, of each rotating pair */
    double magnitude;                      /* of their rotated values, times the given ones' */
};

struct reference *reference_create(const char *definition_line, char *error, size_t error_size)
{
    struct reference *reference = malloc(sizeof *reference);
    if (reference == NULL) {
        snprintf(error, error_size, "out of memory: %zu more bytes were refused", sizeof *reference);
        return NULL;
    }
    if (!reference_line_read(&reference->line, definition_line, error, error_size)) {
        free(reference);
        return NULL;
    }
    for (int i = 0; i < reference->line.dims / 2; i++)
        reference->frequency[i] = reference_frequency(&reference->line, i);
    reference->magnitude = reference_magnitude(&reference->line);
    return reference;
}

void reference_destroy(struct reference *reference)
{
    free(reference);
}

size_t reference_cache_bytes(const struct reference *reference, int64_t capacity)
{
    const struct reference_line *line = &reference->line;
    return (size_t)capacity * (size_t)line->kv_heads * (size_t)(line->d_k + line->d_v) * sizeof(double);
}

/* A key in the cache, its value d_k behind it. The cache is (capacity, kv_heads, d_k + d_v). */
static double *cached_key(const struct reference_line *line, const struct attn_sequence *sequence, int64_t place,
                          int kv_head)
{
    return (double *)sequence->cache + (place * line->kv_heads + kv_head) * (line->d_k + line->d_v);
}

/* The pairs of x (d_k) are turned by position * frequency and stretched by the magnitude. */
static void rotate(const struct reference *reference, int32_t position, double *x)
{
    const struct reference_line *line = &reference->line;
    for (int i = 0; i < line->dims / 2; i++) {
        const int first = line->interleaved ? 2 * i : i;
        const int second = line->interleaved ? 2 * i + 1 : i + line->dims / 2;
        const double angle = position * reference->frequency[i];
        const double cosine = cos(angle) * reference->magnitude, sine = sin(angle) * reference->magnitude;
        const double a = x[first], b = x[second];
        x[first]  = a * cosine - b * sine;
        x[second] = a * sine + b * cosine;
    }
}

/* One vector as the caller gave it: its head, its position, and the norm of its kind. */
struct vector {
    const float *from;            /* (d_k) */
    int head;                     /* its number before pruning */
    int32_t position;
    const struct reference_norm *norm;
    const float *weight, *bias;
};

/* to = the vector, normed and rotated. */
static void prepare(const struct reference *reference, const struct vector *vector, double *to)
{
    const struct reference_line *line = &reference->line;
    const struct reference_norm *norm = vector->norm;
    for (int d = 0; d < line->d_k; d++)
        to[d] = vector->from[d];
    if (!norm->after)
        reference_norm(line, norm, vector->weight, vector->bias, vector->head, to);
    rotate(reference, vector->position, to);
    if (norm->after)
        reference_norm(line, norm, vector->weight, vector->bias, vector->head, to);
}

static int32_t row_position(const struct reference *reference, const int32_t *position, int64_t row)
{
    return reference->line.rotates ? position[row] : 0;
}

static void write_key(const struct reference *reference, const struct attn_args *args,
                      const struct attn_sequence *sequence, int32_t index, int kv_head, const int32_t *k_position)
{
    const struct reference_line *line = &reference->line;
    const int64_t row = sequence->k_row + index;
    const struct vector k = {
        (const float *)args->k + row * args->k_stride + kv_head * args->k_head_stride, line->keep_kv.list[kv_head], row_position(reference, k_position, row),
        &line->k_norm, args->k_norm_weight, args->k_norm_bias
    };
    const float *v = (const float *)args->v + row * args->v_stride + kv_head * args->v_head_stride;
    double *cached = cached_key(line, sequence, sequence->kv_len - sequence->k_len + index, kv_head);
    prepare(reference, &k, cached);
    for (int d = 0; d < line->d_v; d++)
        cached[line->d_k + d] = line->v_in_k ? cached[line->d_k - line->d_v + d] : v[d];
}

void reference_write(const struct reference *reference, const struct attn_args *args, const int32_t *k_position)
{
    for (int32_t b = 0; b < args->sequences; b++)
        for (int32_t index = 0; index < args->sequence[b].k_len; index++)
            for (int kv_head = 0; kv_head < reference->line.kv_heads; kv_head++)
                write_key(reference, args, &args->sequence[b], index, kv_head, k_position);
}

/* One query of one head, in one walk over the keys. Sigmoid weights are not relative to m, which stays 0. */
struct walk {
    const struct reference_line *line;
    bool seen;                  /* whether some key is visible */
    double q[REFERENCE_D];      /* normed and rotated, as products take it */
    double m;                   /* the largest score so far */
    double l;                   /* sum of exp(s - m) */
    double o[REFERENCE_D];      /* sum of exp(s - m) v */
    struct expression_source arrays;
};

/* What was summed relative to the old largest score, relative to the new one. */
static void walk_grow(struct walk *walk, double largest)
{
    const double shrink = exp(walk->m - largest);
    walk->m = largest;
    walk->l *= shrink;
    for (int d = 0; d < walk->line->d_v; d++)
        walk->o[d] *= shrink;
}

/* The product of the query with a key, times its scale. */
static double walk_product(const struct walk *walk, const double *k)
{
    double product = 0.0;
    for (int d = 0; d < walk->line->d_k; d++)
        product += walk->q[d] * k[d];
    return product * walk->line->scale;
}

static void walk_key(struct walk *walk, const double *k, const double *v, const int64_t at[EXPRESSION_VARIABLES])
{
    /* 1. The score. */
    const double s = expression_number(&walk->line->score, at, walk_product(walk, k), &walk->arrays);

    /* 2. Its weight: none when a score hides the key, being -infinity or no number. */
    if (!(s > -INFINITY))
        return;
    const bool sigmoid = walk->line->normalize == 1;
    walk->seen = true;
    if (s > walk->m && !sigmoid)
        walk_grow(walk, s);
    const double p = sigmoid ? 1.0 / (1.0 + exp(-s)) : exp(s - walk->m);
    walk->l += p;

    /* 3. The value, as much of it as the weight says. */
    for (int d = 0; d < walk->line->d_v; d++)
        walk->o[d] += p * v[d];
}

/* o of a query that sees no key. */
static void hidden_row(const struct reference_line *line, const struct attn_sequence *sequence, int kv_head, float *o)
{
    for (int d = 0; d < line->d_v; d++) {
        double sum = 0.0;
        for (int32_t k = 0; k < sequence->kv_len; k++)
            sum += cached_key(line, sequence, k, kv_head)[line->d_k + d];
        const double mean = sequence->kv_len > 0 ? sum / sequence->kv_len : 0.0;
        o[d] = line->hidden_row == 0 ? 0.0f : line->hidden_row == 1 ? NAN : (float)mean;
    }
}

/* What the weighted sum is divided by, and its lse, which is without the sink: that joins the sum, but no value. */
static double divisor(const struct walk *walk, const struct attn_args *args, int head, float *lse)
{
    const int sink = walk->line->sink;
    *lse = walk->line->normalize == 1 ? 0.0f : (float)(walk->m + log(walk->l));
    if (walk->line->normalize == 1)
        return 1.0;
    return walk->l + (sink == SINK_NONE ? 0.0 : exp((sink == SINK_ZERO ? 0.0 : (double)args->sink[head]) - walk->m));
}

/* A query that has walked over all keys. */
struct outcome {
    const struct walk *walk;
    const struct attn_args *args;
    const struct attn_sequence *sequence;
    int64_t row;
    int head, slot;               /* slot: of the head in the matrix, or -1 */
    double divided;               /* what its weights are divided by */
};

/* The matrix names heads by their numbers before pruning. */
static int matrix_slot(const struct reference_line *line, const struct attn_args *args, int number)
{
    for (int slot = 0; slot < line->matrix_heads.count && args->matrix != NULL; slot++)
        if (line->matrix_heads.list[slot] == number)
            return slot;
    return -1;
}

/* What the outputs say of the query and the key at `at`. A score that is no number hides as -infinity does. */
static void output_key(const struct outcome *of, const double *key, const int64_t at[EXPRESSION_VARIABLES])
{
    const struct reference_line *line = of->walk->line;
    const struct attn_args *args = of->args;
    const double product = walk_product(of->walk, key), made = expression_number(&line->score, at, product, &of->walk->arrays);
    const double score = made > -INFINITY ? made : -INFINITY;
    const double shown = expression_evaluate(&line->mask, at, &of->walk->arrays) ? score : -INFINITY;
    const double weight = !(shown > -INFINITY) ? 0.0
                        : line->normalize == 1 ? 1.0 / (1.0 + exp(-shown)) : exp(shown - of->walk->m) / of->divided;
    const double points[] = {
        [POINT_PRODUCT] = product, [POINT_SCORED] = score, [POINT_MASKED] = shown, [POINT_NORMALIZED] = weight
    };
    const int64_t k = at[EXPRESSION_K];
    if (of->slot >= 0)
        args->matrix[of->row * args->matrix_stride + of->slot * args->matrix_head_stride + k] = (float)points[line->matrix];
    if (args->column_sums != NULL)
        args->column_sums[at[EXPRESSION_B] * args->column_sums_stride + of->head * args->column_sums_head_stride + k] += (float)weight;
}

static void output_keys(const struct outcome *of, int64_t at[EXPRESSION_VARIABLES])
{
    const struct reference_line *line = of->walk->line;
    for (int32_t k = 0; k < of->sequence->kv_len && (of->slot >= 0 || of->args->column_sums != NULL); k++) {
        at[EXPRESSION_K] = k;
        output_key(of, cached_key(line, of->sequence, k, line->kv_of[of->head]), at);
    }
}

/* Column sums start from 0. */
static void clear_sums(const struct reference_line *line, const struct attn_args *args)
{
    for (int32_t b = 0; b < args->sequences && args->column_sums != NULL; b++)
        for (int head = 0; head < line->heads; head++)
            for (int32_t k = 0; k < args->sequence[b].kv_len; k++)
                args->column_sums[b * args->column_sums_stride + head * args->column_sums_head_stride + k] = 0.0f;
}

/* o and lse of a query that has walked; what its weights are divided by. */
static double walk_end(const struct walk *walk, const struct attn_args *args, const struct attn_sequence *sequence, int64_t row, int head)
{
    const struct reference_line *line = walk->line;
    float *o = (float *)args->o + row * args->o_stride + head * args->o_head_stride, lse = -INFINITY;
    if (!walk->seen)
        hidden_row(line, sequence, line->kv_of[head], o);
    const double divided = walk->seen ? divisor(walk, args, line->keep.list[head], &lse) : 1.0;
    for (int d = 0; d < line->d_v && walk->seen; d++)
        o[d] = (float)(walk->o[d] / divided);
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] = lse;
    return divided;
}

static void attend(const struct reference *reference, const struct attn_args *args, int32_t b, int32_t index, int head,
                   const int32_t *q_position)
{
    const struct reference_line *line = &reference->line;
    const struct attn_sequence *sequence = &args->sequence[b];
    const int64_t row = sequence->q_row + index;
    const int number = line->keep.list[head];
    const struct array_view arrays = { &line->arrays, args->array, sequence };
    struct walk walk = { .line = line, .m = line->normalize == 1 ? 0.0 : -INFINITY, .arrays = array_source(&arrays) };
    const struct vector q = {
        (const float *)args->q + row * args->q_stride + head * args->q_head_stride, number, row_position(reference, q_position, row),
        &line->q_norm, args->q_norm_weight, args->q_norm_bias
    };
    int64_t at[EXPRESSION_VARIABLES] = {
        [EXPRESSION_Q] = sequence->q_offset + index, [EXPRESSION_H] = number, [EXPRESSION_B] = b,
        [EXPRESSION_Q_LEN] = sequence->q_len, [EXPRESSION_KV_LEN] = sequence->kv_len
    };

    prepare(reference, &q, walk.q);
    reference_compute(line, walk.q);
    for (int32_t k = 0; k < sequence->kv_len; k++) {
        const double *key = cached_key(line, sequence, k, line->kv_of[head]);
        at[EXPRESSION_K] = k;
        if (expression_evaluate(&line->mask, at, &walk.arrays))
            walk_key(&walk, key, key + line->d_k, at);
    }

    const double divided = walk_end(&walk, args, sequence, row, head);
    const struct outcome outcome = { &walk, args, sequence, row, head, matrix_slot(line, args, number), divided };
    output_keys(&outcome, at);
}

void reference_attend(const struct reference *reference, const struct attn_args *args, const int32_t *q_position)
{
    clear_sums(&reference->line, args);
    for (int32_t b = 0; b < args->sequences; b++)
        for (int32_t index = 0; index < args->sequence[b].q_len; index++)
            for (int head = 0; head < reference->line.heads; head++)
                attend(reference, args, b, index, head, q_position);
}
