/*
** What is added to scores, key by key.
*/
#include <math.h>

#include "call.h"

float *call_bias_row(struct call *call, int64_t head, int64_t q_row)
{
    for (int b = 0; b < call->sequences && call->bias == NULL; b++) {
        const int64_t keys = call_result_rows(call, b, CALL_K);
        call->keys = keys > call->keys ? keys : call->keys;
    }
    if (call->bias == NULL)
        call->bias = arena_alloc(call->arena, (size_t)(call->heads * call->q_rows * call->keys), sizeof *call->bias);
    return call->bias + (head * call->q_rows + q_row) * call->keys;
}

/* Where index stands on an axis counted from the last one; 0 where the tensor has only one, or no such axis. */
static int64_t axis_offset(const struct case_tensor *tensor, int from_last, int64_t index)
{
    int64_t stride = 1;
    if (from_last >= tensor->rank || tensor->dims[tensor->rank - 1 - from_last] == 1)
        return 0;
    for (int axis = tensor->rank - from_last; axis < tensor->rank; axis++)
        stride *= tensor->dims[axis];
    return index * stride;
}

static bool axis_fits(const struct case_tensor *tensor, int from_last, int64_t size)
{
    return from_last >= tensor->rank || tensor->dims[tensor->rank - 1 - from_last] == 1
        || tensor->dims[tensor->rank - 1 - from_last] >= size;
}

/* Longer axes come with packed sequences, which use their part of them. */
static bool tensor_fits(const struct call *call, const struct case_tensor *tensor)
{
    int64_t queries = 0;
    for (int b = 0; b < call->sequences; b++)
        queries = call->sequence[b].q_len > queries ? call->sequence[b].q_len : queries;
    return tensor->rank >= 1 && tensor->rank <= 4 && axis_fits(tensor, 1, queries) && axis_fits(tensor, 2, call->heads)
        && axis_fits(tensor, 3, call->sequences);
}

static void row_add(struct call *call, const struct case_tensor *tensor, int b, int64_t head, int64_t i)
{
    float *row = call_bias_row(call, head, call->sequence[b].q_row + i);
    const int64_t keys = tensor->dims[tensor->rank - 1];
    const double *from = tensor->values + axis_offset(tensor, 3, b) + axis_offset(tensor, 2, head) + axis_offset(tensor, 1, i);
    for (int64_t k = 0; k < call_result_rows(call, b, CALL_K); k++)
        row[k] += k < keys ? (float)from[k] : -INFINITY;
}

bool call_bias_add(struct call *call, const struct case_tensor *tensor)
{
    if (!tensor_fits(call, tensor))
        return call_refuse(call, "%s does not broadcast to the scores", tensor->role);
    for (int b = 0; b < call->sequences; b++)
        for (int64_t head = 0; head < call->heads; head++)
            for (int64_t i = 0; i < call->sequence[b].q_len; i++)
                row_add(call, tensor, b, head, i);
    return true;
}

bool call_has_bias(const struct call *call)
{
    for (int64_t i = 0; call->bias != NULL && i < call->heads * call->q_rows * call->keys; i++)
        if (call->bias[i] != 0)
            return true;
    return false;
}
