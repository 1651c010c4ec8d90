/*
** qk_matmul_output of ONNX's Attention, at one of four points: scaled products, behind the soft-cap, behind mask and
** bias, or the weights of the softmax. Kernels have no such output; their results say it nevertheless:
**
**   weights   are o, where each key's value is 1 at the key's own place and 0 elsewhere
**   scores    are the LSE of queries that see one key: each query comes once for every key
*/
#include "express.h"

enum point { POINT_PRODUCT, POINT_CAPPED, POINT_MASKED, POINT_WEIGHTS, POINTS };

/* A call with the same sequences, queries and keys. */
static struct call *call_like(const struct call *call)
{
    struct call *other = arena_alloc(call->arena, 1, sizeof *other);
    *other = *call;
    other->output_count = 0;
    return other;
}

/* The weights of keys keys: values are the rows of a unit matrix. */
static void weights_read(struct call *other, int64_t keys)
{
    other->d_v = keys;
    other->v = arena_alloc(other->arena, (size_t)(other->k_rows * other->kv_heads * keys), sizeof *other->v);
    for (int b = 0; b < other->sequences; b++)
        for (int64_t k = 0; k < keys; k++)
            for (int64_t head = 0; head < other->kv_heads; head++)
                other->v[((other->sequence[b].k_row + k) * other->kv_heads + head) * keys + k] = 1;
}

/* Whether query i of a sequence sees key k by the masks of the call, which the repeated queries no longer have. */
static bool is_visible(struct call *call, int b, int64_t head, int64_t i, int64_t k)
{
    const bool causal = case_integer(call->given, "is_causal", 0) != 0;
    return (!causal || k <= call->sequence[b].q_offset + i)
        && (call->visible == NULL || call_visible_row(call, head, call->sequence[b].q_row + i)[k]);
}

/* What query i sees in its repetition for key k, and the biases that it has there. */
static void repetition_fill(struct call *other, struct call *call, int b, int64_t i, int64_t k, enum point point)
{
    const int64_t row = other->sequence[b].q_row + i * other->keys + k;
    for (int64_t head = 0; head < call->heads; head++) {
        const float *from = call->q + ((call->sequence[b].q_row + i) * call->heads + head) * call->d_k;
        for (int64_t d = 0; d < call->d_k; d++)
            other->q[(row * call->heads + head) * call->d_k + d] = from[d];
        for (int64_t at = 0; at < other->keys; at++)
            call_visible_row(other, head, row)[at] = at == k && (point < POINT_MASKED || is_visible(call, b, head, i, k));
        if (point == POINT_MASKED && call->bias != NULL)
            call_bias_row(other, head, row)[k] = call_bias_row(call, head, call->sequence[b].q_row + i)[k];
    }
}

/* Scores at a point: queries are repeated for each key. */
static void scores_read(struct call *other, struct call *call, int64_t keys, enum point point)
{
    other->mask = other->score = NULL;
    other->bias = NULL;
    other->visible = NULL;
    other->keys = keys;
    other->q_rows = call->q_rows * keys;
    other->q = arena_alloc(call->arena, (size_t)(other->q_rows * call->heads * call->d_k), sizeof *other->q);
    if (point >= POINT_CAPPED)
        express_softcap(other);
    for (int b = 0; b < call->sequences; b++) {
        other->sequence[b].q_row *= keys;
        other->sequence[b].q_len *= (int32_t)keys;
    }
    for (int b = 0; b < call->sequences; b++)
        for (int64_t i = 0; i < call->sequence[b].q_len; i++)
            for (int64_t k = 0; k < keys; k++)
                repetition_fill(other, call, b, i, k, point);
}

/* Every sequence has as many keys as the output has columns. */
static bool keys_fit(struct call *call, const struct case_tensor *output)
{
    const int64_t keys = output->rank == 4 ? output->dims[3] : -1;
    for (int b = 0; b < call->sequences; b++)
        if (call_result_rows(call, b, CALL_K) != keys || output->dims[2] != call->sequence[b].q_len)
            return call_refuse(call, "%s does not have a column for each key of every sequence", output->role);
    return keys > 0 && call->heads * call->q_rows <= CALL_PAIRS / keys / keys ? true
         : call_refuse(call, "%s has no columns, or too many", output->role);
}

bool express_scores(struct call *call, const struct case_tensor *output)
{
    const int32_t point = case_integer(call->given, "qk_matmul_output_mode", POINT_PRODUCT);
    if (point < 0 || point >= POINTS)
        return call_refuse(call, "qk_matmul_output_mode is %d", (int)point);
    if (!keys_fit(call, output))
        return false;
    struct call *other = call_like(call);
    const int64_t rows = output->dims[2], keys = output->dims[3], heads = output->dims[1];
    struct view view = view_heads_first(output);
    if (point == POINT_WEIGHTS)
        weights_read(other, keys);
    else {
        scores_read(other, call, keys, (enum point)point);
        view = (struct view){ output->values, output->dims[0], rows * keys, heads, 1, heads * rows * keys, 1, rows * keys };
    }
    call->other = other;
    return call_expect(other, output, &view, point == POINT_WEIGHTS ? CALL_O : CALL_LSE)
        || call_refuse(call, "%s", other->refusal);
}
