#include "bench_array.h"

enum { PARTS = 8 };                      /* documents and the like */

static int64_t axis_size(const struct bench_case *setting, const struct attn_array_kind *kind, int axis)
{
    return kind->axis[axis] == ATTN_AXIS_SEQUENCE ? setting->sharing
         : kind->axis[axis] == ATTN_AXIS_QUERY ? (int64_t)setting->q * setting->sharing
         : kind->axis[axis] == ATTN_AXIS_KEY ? setting->kv : kind->size[axis];
}

/* The number of the part, within what the array may hold. */
static int32_t integer_at(const struct attn_array_kind *kind, int64_t at, int64_t last_size)
{
    const int64_t first = kind->min > 0 || kind->max < 0 ? kind->min : 0, values = kind->max - first + 1;
    return (int32_t)(first + at % last_size * PARTS / last_size % values);
}

static void element_set(void *data, const struct attn_array_kind *kind, int64_t at, int64_t last_size)
{
    if (kind->type == ATTN_BOOLEAN)
        ((uint8_t *)data)[at] = 1;
    else if (kind->type == ATTN_NUMBER)
        ((float *)data)[at] = (float)(at % 7) / 8.0f;
    else
        ((int32_t *)data)[at] = integer_at(kind, at, last_size);
}

static bool array_take(struct bench *b, const struct attn_array_kind *kind, struct attn_array *array, struct problem *problem)
{
    int64_t elements = 1;
    for (int axis = kind->axes - 1; axis >= 0; axis--) {
        array->stride[axis] = elements;
        elements *= axis_size(&b->setting, kind, axis);
    }
    void *data = memory_take_large(&b->memory, (size_t)elements, kind->type == ATTN_BOOLEAN ? 1 : 4, problem);
    for (int64_t at = 0; data != NULL && at < elements; at++)
        element_set(data, kind, at, axis_size(&b->setting, kind, kind->axes - 1));
    array->data = data;
    return data != NULL;
}

bool bench_arrays_take(struct bench *b, struct problem *problem)
{
    const struct attn_attention *a = b->setting.attention;
    struct attn_array *arrays = memory_take(&b->memory, (size_t)a->arrays + 1, sizeof *arrays, problem);
    bool taken = arrays != NULL;
    for (int32_t i = 0; taken && i < a->arrays; i++)
        taken = array_take(b, &a->array[i], &arrays[i], problem);
    b->args.array = arrays;
    return taken;
}
