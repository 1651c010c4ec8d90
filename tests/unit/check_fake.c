#include "check_fake.h"

#include <math.h>
#include <string.h>

enum { HEADS = 4, KV_HEADS = 2, D_K = 6, D_V = 5, DIMS = 4, LEFT = 7, MATRIX_HEADS = 2, MOST_KEYS = 4096 };

static const int32_t matrix_head[MATRIX_HEADS] = { 0, 3 };

static const float scale = 0.4f;

struct scratch { float q[D_K], s[MOST_KEYS]; };

/* The cache is (kv_heads, capacity, d_k + d_v). */
static float *cached_key(const struct attn_sequence *sequence, int64_t kv_head, int64_t place)
{
    return (float *)sequence->cache + (kv_head * sequence->capacity + place) * (D_K + D_V);
}

static size_t cache_bytes(int64_t capacity)
{
    return (size_t)capacity * KV_HEADS * (D_K + D_V) * sizeof(float);
}

static void rotation(const int32_t *position, int64_t rows, float *to)
{
    for (int64_t row = 0; row < rows; row++, to += DIMS)
        for (int i = 0; i < DIMS / 2; i++) {
            const double angle = position[row] * pow(100.0, -2.0 * i / DIMS);
            to[i] = (float)cos(angle);
            to[DIMS / 2 + i] = (float)sin(angle);
        }
}

static void rotate(const float *from, const float *turn, float direction, float *to)
{
    memcpy(to, from, D_K * sizeof *to);
    for (int i = 0; i < DIMS / 2; i++) {
        const float x = from[i], y = from[i + DIMS / 2], cosine = turn[i], sine = direction * turn[DIMS / 2 + i];
        to[i] = x * cosine - y * sine;
        to[i + DIMS / 2] = x * sine + y * cosine;
    }
}

/* Writing: a task is a sequence and a KV head ------------------------------------------------- */

static int64_t write_tasks(const struct attn_args *args, int pass)
{
    (void)pass;
    return (int64_t)args->sequences * KV_HEADS;
}

static size_t no_workspace(const struct attn_args *args)
{
    (void)args;
    return 0;
}

static void write_head(const struct attn_args *args, int64_t task, enum fake_fault fault)
{
    const struct attn_sequence *sequence = &args->sequence[task / KV_HEADS];
    const int64_t head = task % KV_HEADS;
    for (int32_t i = 0; i < sequence->k_len; i++) {
        const int64_t row = sequence->k_row + i;
        float *to = cached_key(sequence, head, sequence->kv_len - sequence->k_len + i);
        rotate((const float *)args->k + row * args->k_stride + head * args->k_head_stride, args->k_rotation + row * DIMS,
               fault == FAKE_ROTATION ? -1.0f : 1.0f, to);
        memcpy(to + D_K, (const float *)args->v + row * args->v_stride + head * args->v_head_stride, D_V * sizeof *to);
    }
    if (fault == FAKE_NOTHING && args->k == NULL && sequence->kv_len > 0)
        *cached_key(sequence, head, 0) = 0.0f;
    if (fault == FAKE_CACHE)
        *cached_key(sequence, KV_HEADS, 0) = 0.0f;
}

/* Attention: a task is a query and a head ------------------------------------------------------ */

static int64_t attend_tasks(const struct attn_args *args, int pass)
{
    int64_t tasks = 0;
    (void)pass;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += (int64_t)args->sequence[b].q_len * HEADS;
    return tasks;
}

/* Scores of all keys, -infinity for hidden ones; the largest. */
static float scores(const struct attn_sequence *sequence, int64_t kv_head, int32_t place, enum fake_fault fault,
                    struct scratch *t)
{
    float largest = -INFINITY;
    for (int32_t k = 0; k < sequence->kv_len; k++) {
        const float *key = cached_key(sequence, kv_head, k);
        float s = 0.0f;
        for (int d = 0; d < D_K; d++)
            s += t->q[d] * key[d];
        s *= scale * (fault == FAKE_SCALE ? 1.001f : 1.0f);
        t->s[k] = k <= place && place - k <= LEFT + (fault == FAKE_WINDOW) ? s : -INFINITY;
        largest = t->s[k] > largest ? t->s[k] : largest;
    }
    return largest;
}

/* o = the weighted sum of the values over l; returns l. */
static float values(const struct attn_sequence *sequence, int64_t kv_head, float largest, int from_end,
                    const struct scratch *t, float *o)
{
    float l = 0.0f;
    memset(o, 0, D_V * sizeof *o);
    for (int32_t i = 0; i < sequence->kv_len; i++) {
        const int32_t k = from_end ? sequence->kv_len - 1 - i : i;
        const float p = t->s[k] > -INFINITY ? expf(t->s[k] - largest) : 0.0f;
        const float *v = cached_key(sequence, kv_head, k) + D_K;
        l += p;
        for (int d = 0; d < D_V; d++)
            o[d] += p * v[d];
    }
    for (int d = 0; d < D_V && l > 0.0f; d++)
        o[d] /= l;
    return l;
}

/* What the faults that follow the computation add to a finished row. */
static void row_spoil(const struct attn_sequence *sequence, int64_t kv_head, int32_t place, enum fake_fault fault,
                      float *o, float *lse)
{
    if (fault == FAKE_LSE)
        *lse *= 1.442695f;
    if (fault == FAKE_HIDDEN && sequence->kv_len < sequence->capacity)
        o[0] += 0.0f * cached_key(sequence, kv_head, sequence->kv_len)[0];
    if (fault == FAKE_NEIGHBOUR)
        o[D_V] = 0.0f;
    if (fault == FAKE_LATER && place >= 0 && place + 1 < sequence->kv_len)
        o[0] += cached_key(sequence, kv_head, place + 1)[D_K] > 0.0f ? 1e-6f : 0.0f;
}

static void attend_row(const struct attn_args *args, int64_t task, enum fake_fault fault, int is_decode,
                       struct scratch *t)
{
    const struct attn_sequence *sequence = args->sequence;
    for (; task >= (int64_t)sequence->q_len * HEADS; sequence++)
        task -= (int64_t)sequence->q_len * HEADS;
    const int32_t i = (int32_t)(task / HEADS), place = sequence->q_offset + i;
    const int64_t head = task % HEADS, kv_head = head / (HEADS / KV_HEADS), row = sequence->q_row + i;
    const float stale = fault == FAKE_STALE ? t->q[0] * 0.0f : 0.0f;
    float o[D_V + 1], *to = (float *)args->o + row * args->o_stride + head * args->o_head_stride;

    rotate((const float *)args->q + row * args->q_stride + head * args->q_head_stride, args->q_rotation + row * DIMS, 1.0f, t->q);
    const float largest = scores(sequence, kv_head, place, fault, t) + stale;
    const float l = values(sequence, kv_head, largest, fault == FAKE_ORDER && is_decode, t, o);
    float lse = l > 0.0f ? largest + logf(l) : -INFINITY;
    row_spoil(sequence, kv_head, place, fault, o, &lse);
    memcpy(to, o, (D_V + (size_t)(fault == FAKE_NEIGHBOUR)) * sizeof *to);
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] = lse;
}

/* Outputs: a task is a sequence and a head ------------------------------------------------------- */

static int64_t outputs_tasks(const struct attn_args *args, int pass)
{
    (void)pass;
    return (int64_t)args->sequences * HEADS;
}

/* The head's row of weights in the matrix, which are in t; the last head's as a fault. */
static void matrix_row(const struct attn_args *args, int64_t row, int64_t head, int32_t keys, enum fake_fault fault, const struct scratch *t)
{
    for (int i = 0; i < MATRIX_HEADS; i++) {
        if (args->matrix == NULL || head != (fault == FAKE_HEAD ? HEADS - 1 : matrix_head[i]))
            continue;
        float *to = args->matrix + row * args->matrix_stride + i * args->matrix_head_stride;
        for (int32_t k = 0; k < keys; k++)
            to[k] = t->s[k] * (fault == FAKE_WEIGHT ? 1.001f : 1.0f);
        if (fault == FAKE_ROW)
            to[keys] = 0.0f;
    }
}

static void outputs_head(const struct attn_args *args, int64_t task, enum fake_fault fault, struct scratch *t)
{
    const int64_t b = task / HEADS, head = task % HEADS, kv_head = head / (HEADS / KV_HEADS);
    const struct attn_sequence *sequence = &args->sequence[b];
    float *sums = args->column_sums == NULL ? NULL : args->column_sums + b * args->column_sums_stride + head * args->column_sums_head_stride;
    for (int32_t k = 0; k < sequence->kv_len && sums != NULL && fault != FAKE_SUM; k++)
        sums[k] = 0.0f;
    for (int32_t i = 0; i < sequence->q_len; i++) {
        const int64_t row = sequence->q_row + i;
        const float lse = args->lse[row * args->lse_stride + head];
        rotate((const float *)args->q + row * args->q_stride + head * args->q_head_stride, args->q_rotation + row * DIMS, 1.0f, t->q);
        scores(sequence, kv_head, sequence->q_offset + i, fault, t);
        for (int32_t k = 0; k < sequence->kv_len; k++)
            t->s[k] = t->s[k] > -INFINITY ? expf(t->s[k] - lse) : 0.0f;
        matrix_row(args, row, head, sequence->kv_len, fault, t);
        for (int32_t k = 0; k < sequence->kv_len && sums != NULL && !(fault == FAKE_COLUMNS && i + 1 == sequence->q_len); k++)
            sums[k] += t->s[k];
    }
}

static void read_head(const struct attn_sequence *sequence, int64_t kv_head, int32_t first, int32_t count, float *k,
                      float *v)
{
    for (int64_t i = 0; i < count; i++) {
        memcpy(k + i * D_K, cached_key(sequence, kv_head, first + i), D_K * sizeof *k);
        memcpy(v + i * D_V, cached_key(sequence, kv_head, first + i) + D_K, D_V * sizeof *v);
    }
}

static void store_head(const struct attn_sequence *sequence, int32_t kv_head, int32_t first, int32_t count,
                       const float *k, const float *v)
{
    for (int64_t i = 0; i < count; i++) {
        memcpy(cached_key(sequence, kv_head, first + i), k + i * D_K, D_K * sizeof *k);
        memcpy(cached_key(sequence, kv_head, first + i) + D_K, v + i * D_V, D_V * sizeof *v);
    }
}

/* The other's rows weigh e^(other_lse - lse), or, as a fault, as much as the own ones. */
static void merge_rows(int64_t rows, float *o, float *lse, const float *other_o, const float *other_lse, enum fake_fault fault)
{
    for (int64_t i = 0; i < rows; i++) {
        const float top = fmaxf(lse[i], other_lse[i]);
        const float own = lse[i] > -INFINITY ? expf(lse[i] - top) : 0.0f;
        const float other = fault == FAKE_MERGE ? own : other_lse[i] > -INFINITY ? expf(other_lse[i] - top) : 0.0f;
        for (int64_t d = i * D_V; d < (i + 1) * D_V && own + other > 0.0f; d++)
            o[d] = (own * o[d] + other * other_o[d]) / (own + other);
        lse[i] = own + other > 0.0f ? top + logf(own + other) : -INFINITY;
    }
}

/* A phase is given no context, so each fault has functions of its own --------------------------- */

#define FAKE_FUNCTIONS(fault) \
    static void write_##fault(const struct attn_args *args, int pass, int64_t task, void *scratch) \
    { (void)pass; (void)scratch; write_head(args, task, fault); } \
    static void prefill_##fault(const struct attn_args *args, int pass, int64_t task, void *scratch) \
    { (void)pass; attend_row(args, task, fault, 0, scratch); } \
    static void decode_##fault(const struct attn_args *args, int pass, int64_t task, void *scratch) \
    { (void)pass; attend_row(args, task, fault, 1, scratch); } \
    static void outputs_##fault(const struct attn_args *args, int pass, int64_t task, void *scratch) \
    { (void)pass; outputs_head(args, task, fault, scratch); } \
    static void read_##fault(const struct attn_sequence *sequence, int32_t kv_head, int32_t first, int32_t count, \
                             float *k, float *v) \
    { read_head(sequence, fault == FAKE_EXPORT ? KV_HEADS - 1 - kv_head : kv_head, first, count, k, v); } \
    static void store_##fault(const struct attn_sequence *sequence, int32_t kv_head, int32_t first, int32_t count, \
                              const float *k, const float *v) \
    { store_head(sequence, fault == FAKE_IMPORT ? 0 : kv_head, first, count, k, v); } \
    static void merge_##fault(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse) \
    { merge_rows(rows, o, lse, other_o, other_lse, fault); }

#define FAKE_TABLE(fault) \
    [fault] = { \
        "fake", "softmax heads=4 kv_heads=2 d_k=6 d_v=5 scale=0.4 mask=\"k <= q and q - k <= 7\" position=rope " \
        "rope.base=100 rope.dims=4 rope.pairing=half cache=f32 matrix=normalized matrix.heads=0,3 column_sums=true", "fake", "f32", \
        HEADS, KV_HEADS, D_K, D_V, DIMS, 0, NULL, MATRIX_HEADS, matrix_head, 0, -1, cache_bytes, rotation, \
        { "", 1, 0, no_workspace, write_tasks, write_##fault }, \
        { "", 1, sizeof(struct scratch), no_workspace, attend_tasks, prefill_##fault }, \
        { "", 1, sizeof(struct scratch), no_workspace, attend_tasks, decode_##fault }, \
        { "", 1, sizeof(struct scratch), no_workspace, outputs_tasks, outputs_##fault }, \
        read_##fault, store_##fault, NULL, NULL, merge_##fault }

FAKE_FUNCTIONS(FAKE_RIGHT)
FAKE_FUNCTIONS(FAKE_SCALE)
FAKE_FUNCTIONS(FAKE_WINDOW)
FAKE_FUNCTIONS(FAKE_LSE)
FAKE_FUNCTIONS(FAKE_ORDER)
FAKE_FUNCTIONS(FAKE_STALE)
FAKE_FUNCTIONS(FAKE_HIDDEN)
FAKE_FUNCTIONS(FAKE_NEIGHBOUR)
FAKE_FUNCTIONS(FAKE_LATER)
FAKE_FUNCTIONS(FAKE_ROTATION)
FAKE_FUNCTIONS(FAKE_EXPORT)
FAKE_FUNCTIONS(FAKE_IMPORT)
FAKE_FUNCTIONS(FAKE_CACHE)
FAKE_FUNCTIONS(FAKE_MERGE)
FAKE_FUNCTIONS(FAKE_WEIGHT)
FAKE_FUNCTIONS(FAKE_HEAD)
FAKE_FUNCTIONS(FAKE_COLUMNS)
FAKE_FUNCTIONS(FAKE_SUM)
FAKE_FUNCTIONS(FAKE_ROW)
FAKE_FUNCTIONS(FAKE_NOTHING)

static const struct attn_attention attentions[FAKE_FAULTS] = {
    FAKE_TABLE(FAKE_RIGHT), FAKE_TABLE(FAKE_SCALE), FAKE_TABLE(FAKE_WINDOW), FAKE_TABLE(FAKE_LSE),
    FAKE_TABLE(FAKE_ORDER), FAKE_TABLE(FAKE_STALE), FAKE_TABLE(FAKE_HIDDEN), FAKE_TABLE(FAKE_NEIGHBOUR),
    FAKE_TABLE(FAKE_LATER), FAKE_TABLE(FAKE_ROTATION), FAKE_TABLE(FAKE_EXPORT), FAKE_TABLE(FAKE_IMPORT), FAKE_TABLE(FAKE_CACHE),
    FAKE_TABLE(FAKE_MERGE), FAKE_TABLE(FAKE_WEIGHT), FAKE_TABLE(FAKE_HEAD), FAKE_TABLE(FAKE_COLUMNS), FAKE_TABLE(FAKE_SUM),
    FAKE_TABLE(FAKE_ROW), FAKE_TABLE(FAKE_NOTHING)
};

struct attn_attention fake_attention(enum fake_fault fault)
{
    return attentions[fault];
}
