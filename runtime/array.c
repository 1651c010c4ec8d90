#include "array.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where on an axis an index lies: queries have their rows, and what lies beside the keys is the nearest key. */
static int64_t axis_place(const struct attn_sequence *sequence, enum expression_axis axis, int64_t index)
{
    if (axis == EXPRESSION_AXIS_QUERY)
        return sequence->q_row + index - sequence->q_offset;
    if (axis == EXPRESSION_AXIS_KEY)
        return index < 0 ? 0 : smaller(index, sequence->kv_len - 1);
    return index;
}

static double element(const void *context, int array, const int64_t places[EXPRESSION_AXES])
{
    const struct array_view *view = context;
    const struct expression_array *declared = &view->arrays->list[array];
    const struct attn_array *given = &view->array[array];
    int64_t offset = 0;
    for (int axis = 0; axis < declared->axes; axis++)
        offset += axis_place(view->sequence, declared->axis[axis], places[axis]) * given->stride[axis];
    if (declared->type == EXPRESSION_BOOLEAN)
        return ((const uint8_t *)given->data)[offset] != 0;
    if (declared->type == EXPRESSION_INTEGER)
        return ((const int32_t *)given->data)[offset];
    return (double)((const float *)given->data)[offset];
}

struct expression_source array_source(const struct array_view *view)
{
    return (struct expression_source){ element, view };
}
