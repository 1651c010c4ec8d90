/*
** qk_matmul_output of ONNX's Attention, at one of four points: scaled products, behind the soft-cap, behind mask and
** bias, or the weights of the softmax. Three are the matrix of the call itself; behind the soft-cap alone is that of a
** call without mask and bias.
*/
#include "express.h"

enum point { POINT_PRODUCT, POINT_CAPPED, POINT_MASKED, POINT_WEIGHTS, POINTS };

/* In the words of the config language. */
static const char *const matrices[POINTS] = { "product", "scored", "masked", "normalized" };

/* A call with the same sequences, queries and keys, whose scores are capped and no more. */
static struct call *call_capped(const struct call *call)
{
    struct call *other = arena_alloc(call->arena, 1, sizeof *other);
    *other = *call;
    other->output_count = 0;
    other->mask = other->score = NULL;
    other->bias = NULL;
    other->visible = NULL;
    express_softcap(other);
    return other;
}

/* Every sequence has as many keys as the output has columns. */
static bool keys_fit(struct call *call, const struct case_tensor *output)
{
    const int64_t keys = output->rank == 4 ? output->dims[3] : -1;
    for (int b = 0; b < call->sequences; b++)
        if (call_result_rows(call, b, CALL_K) != keys)
            return call_refuse(call, "%s does not have a column for each key of every sequence", output->role);
    return keys > 0 || call_refuse(call, "%s has no columns", output->role);
}

bool express_scores(struct call *call, const struct case_tensor *output)
{
    const int32_t point = case_integer(call->given, "qk_matmul_output_mode", POINT_PRODUCT);
    if (point < 0 || point >= POINTS)
        return call_refuse(call, "qk_matmul_output_mode is %d", (int)point);
    if (!keys_fit(call, output))
        return false;
    struct call *giving = call;
    if (point == POINT_CAPPED)
        giving = call->other = call_capped(call);
    giving->matrix = matrices[point];
    giving->matrix_keys = output->dims[3];
    const struct view view = view_heads_first(output);
    return call_expect(giving, output, &view, CALL_MATRIX) || call_refuse(call, "%s", giving->refusal);
}
