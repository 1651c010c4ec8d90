/*
** Arrays that a call hands over: what is added to scores, and which keys a query sees.
*/
#include <math.h>
#include <string.h>

#include "call.h"

/* Index of a query's first key in an array. */
static int64_t array_row(const struct call *call, int64_t head, int64_t q_row)
{
    return (head * call->q_rows + q_row) * call->keys;
}

static size_t array_count(struct call *call)
{
    for (int b = 0; b < call->sequences; b++) {
        const int64_t keys = call_result_rows(call, b, CALL_K);
        call->keys = keys > call->keys ? keys : call->keys;
    }
    return (size_t)(call->heads * call->q_rows * call->keys);
}

float *call_bias_row(struct call *call, int64_t head, int64_t q_row)
{
    if (call->bias == NULL) {
        call->bias = arena_alloc(call->arena, array_count(call), sizeof *call->bias);
        call_score(call, "bias()");
    }
    return call->bias + array_row(call, head, q_row);
}

uint8_t *call_visible_row(struct call *call, int64_t head, int64_t q_row)
{
    if (call->visible == NULL) {
        const size_t count = array_count(call);
        call->visible = arena_alloc(call->arena, count, sizeof *call->visible);
        memset(call->visible, true, count);
        call_mask(call, "boolean()");
    }
    return call->visible + array_row(call, head, q_row);
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

/* A longer axis is one whose first part is used. */
static bool axis_fits(const struct case_tensor *tensor, int from_last, int64_t size, bool may_be_longer)
{
    const int64_t found = from_last < tensor->rank ? tensor->dims[tensor->rank - 1 - from_last] : 1;
    return found == 1 || found == size || (may_be_longer && found > size);
}

/* Packed sequences are shorter than the tensor's queries. */
static bool tensor_fits(const struct call *call, const struct case_tensor *tensor)
{
    int64_t queries = 0;
    for (int b = 0; b < call->sequences; b++)
        queries = call->sequence[b].q_len > queries ? call->sequence[b].q_len : queries;
    return tensor->rank >= 1 && tensor->rank <= 4 && axis_fits(tensor, 1, queries, call->packed)
        && axis_fits(tensor, 2, call->heads, false) && axis_fits(tensor, 3, call->sequences, false);
}

static const double *tensor_row(const struct case_tensor *tensor, int b, int64_t head, int64_t i)
{
    return tensor->values + axis_offset(tensor, 3, b) + axis_offset(tensor, 2, head) + axis_offset(tensor, 1, i);
}

/* Of a query: booleans hide, numbers are added. Keys behind the tensor's last are hidden. */
static void row_apply(struct call *call, const struct case_tensor *tensor, int b, int64_t head, int64_t i)
{
    const double *from = tensor_row(tensor, b, head, i);
    const int64_t keys = tensor->dims[tensor->rank - 1], q_row = call->sequence[b].q_row + i;
    const bool hides = strcmp(tensor->type, "bool") == 0;
    for (int64_t k = 0; k < call_result_rows(call, b, CALL_K); k++)
        if (hides)
            call_visible_row(call, head, q_row)[k] = k < keys && from[k] != 0;
        else
            call_bias_row(call, head, q_row)[k] += k < keys ? (float)from[k] : -INFINITY;
}

bool call_apply(struct call *call, const struct case_tensor *tensor)
{
    if (!tensor_fits(call, tensor))
        return call_refuse(call, "%s does not broadcast to the scores", tensor->role);
    for (int b = 0; b < call->sequences; b++)
        for (int64_t head = 0; head < call->heads; head++)
            for (int64_t i = 0; i < call->sequence[b].q_len; i++)
                row_apply(call, tensor, b, head, i);
    return true;
}
