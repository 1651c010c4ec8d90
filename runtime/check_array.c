#include "check_array.h"

#include <string.h>

enum { STYLES = 4, BLOCK = 64 };

/* One array being made. */
struct making {
    const struct expression_array *array;
    const struct check_shape *shape;
    struct random *random;
    int style;                                /* of its values */
    int64_t size[EXPRESSION_AXES];
    struct attn_array given;
    unsigned char *data;
};

bool arrays_have_axis(const struct expression_arrays *arrays, enum expression_axis axis)
{
    for (int i = 0; i < arrays->count; i++)
        for (int a = 0; a < arrays->list[i].axes; a++)
            if (arrays->list[i].axis[a] == axis)
                return true;
    return false;
}

/* Layout --------------------------------------------------------------------------------------- */

static int32_t longest(const struct check_shape *shape)
{
    int32_t longest = 0;
    for (int32_t b = 0; b < shape->sequences; b++)
        longest = shape->sequence[b].kv_len > longest ? shape->sequence[b].kv_len : longest;
    return longest;
}

static int64_t axis_size(const struct check_shape *shape, const struct expression_array *array, int axis)
{
    switch (array->axis[axis]) {
    case EXPRESSION_AXIS_SEQUENCE: return shape->sequences;
    case EXPRESSION_AXIS_HEAD:     return shape->heads;
    case EXPRESSION_AXIS_QUERY:    return shape->q_rows;
    case EXPRESSION_AXIS_KEY:      return longest(shape);
    default:                       return array->size[axis];
    }
}

static size_t type_bytes(enum expression_type type)
{
    return type == EXPRESSION_BOOLEAN ? sizeof(uint8_t) : type == EXPRESSION_INTEGER ? sizeof(int32_t) : sizeof(float);
}

/* Strides for the axes in a random order, some padded, some 0; how many elements there are. */
static int64_t layout_choose(struct making *m)
{
    int order[EXPRESSION_AXES];
    int64_t elements = 1, last = 0;
    for (int i = 0; i < m->array->axes; i++) {
        const int64_t other = random_between(m->random, 0, i);
        order[i] = order[other];
        order[other] = i;
    }
    for (int i = 0; i < m->array->axes; i++) {
        const int axis = order[i];
        m->size[axis] = axis_size(m->shape, m->array, axis);
        m->given.stride[axis] = random_between(m->random, 0, 7) == 0 ? 0 : elements;
        last += m->given.stride[axis] * (m->size[axis] - 1);
        if (m->given.stride[axis] > 0)
            elements *= m->size[axis];
        if (random_between(m->random, 0, 3) == 0)
            elements += random_between(m->random, 1, 5);
    }
    return last + 1;
}

/* Values --------------------------------------------------------------------------------------- */

/* The sequence whose query has this row, or -1. */
static int32_t row_sequence(const struct check_shape *shape, int64_t row)
{
    for (int32_t b = 0; b < shape->sequences; b++)
        if (row >= shape->sequence[b].q_row && row < shape->sequence[b].q_row + shape->sequence[b].q_len)
            return b;
    return -1;
}

/* Whether some query may look at the element: its row, sequence and key belong together. */
static bool is_looked_at(const struct making *m, const int64_t places[EXPRESSION_AXES])
{
    int32_t b = -1;
    for (int axis = 0; axis < m->array->axes; axis++) {
        const enum expression_axis kind = m->array->axis[axis];
        if (kind != EXPRESSION_AXIS_SEQUENCE && kind != EXPRESSION_AXIS_QUERY)
            continue;
        const int32_t own = kind == EXPRESSION_AXIS_QUERY ? row_sequence(m->shape, places[axis]) : (int32_t)places[axis];
        if (own < 0 || (b >= 0 && own != b))
            return false;
        b = own;
    }
    for (int axis = 0; axis < m->array->axes; axis++)
        if (m->array->axis[axis] == EXPRESSION_AXIS_KEY && b >= 0 && places[axis] >= m->shape->sequence[b].kv_len)
            return false;
    return true;
}

/* The place along the axis of queries or keys, of which there are *size; else the first. */
static int64_t place_along(const struct making *m, const int64_t places[EXPRESSION_AXES], int64_t *size)
{
    int along = 0;
    for (int axis = 0; axis < m->array->axes; axis++)
        if (m->array->axis[axis] == EXPRESSION_AXIS_KEY || m->array->axis[axis] == EXPRESSION_AXIS_QUERY)
            along = axis;
    *size = m->size[along];
    return places[along];
}

/* Runs of equal values that do not decrease, few values, or any. */
static int32_t integer_choose(const struct making *m, const int64_t places[EXPRESSION_AXES])
{
    const int64_t low = m->array->low, high = m->array->high;
    const int64_t middle = low > 0 || high < 0 ? low : 0, few = high - middle < 3 ? high - middle : 3;
    int64_t size;
    const int64_t place = place_along(m, places, &size);
    if (m->style == 0)
        return (int32_t)random_between(m->random, low, high);
    if (m->style == 1)
        return (int32_t)random_between(m->random, middle, middle + few);
    return (int32_t)(middle + place * (few + 1) / size);
}

/* The same for a whole block of places, or one in two, most, few. */
static uint8_t boolean_choose(const struct making *m, const int64_t places[EXPRESSION_AXES])
{
    static const int of_sixteen[STYLES] = { 0, 8, 15, 2 };
    int64_t blocks = 0;
    for (int axis = 0; axis < m->array->axes; axis++)
        blocks += places[axis] / BLOCK * (axis + 1);
    if (m->style == 0)
        return blocks % 3 != 0;
    return random_between(m->random, 0, 15) < of_sixteen[m->style];
}

static void element_set(const struct making *m, const int64_t places[EXPRESSION_AXES])
{
    int64_t at = 0;
    for (int axis = 0; axis < m->array->axes; axis++)
        at += places[axis] * m->given.stride[axis];
    if (m->array->type == EXPRESSION_BOOLEAN)
        m->data[at] = boolean_choose(m, places);
    else if (m->array->type == EXPRESSION_INTEGER)
        ((int32_t *)(void *)m->data)[at] = integer_choose(m, places);
    else
        ((float *)(void *)m->data)[at] = (float)(2.0 * random_uniform(m->random) - 1.0);
}

/* Every element that some query may look at. */
static void elements_fill(const struct making *m)
{
    int64_t places[EXPRESSION_AXES] = { 0 };
    int axis = 0;
    while (axis >= 0) {
        if (is_looked_at(m, places))
            element_set(m, places);
        for (axis = m->array->axes - 1; axis >= 0 && ++places[axis] == m->size[axis]; axis--)
            places[axis] = 0;
    }
}

static struct guarded array_create(const struct expression_array *array, const struct check_shape *shape,
                                   struct random *random, struct attn_array *given)
{
    struct making m = { .array = array, .shape = shape, .random = random, .style = (int)random_between(random, 0, STYLES - 1) };
    int64_t elements = layout_choose(&m);
    for (int axis = 0; axis < array->axes; axis++)
        if (m.size[axis] == 0)
            elements = 0;
    const size_t bytes = type_bytes(array->type);
    const enum guard_side side = random_between(random, 0, 3) == 0 ? GUARD_START : GUARD_END;
    struct guarded memory = guarded_create((size_t)elements * bytes, bytes, side);
    guarded_fill(&memory, 0x7fc00bad);               /* a NaN, an integer outside of small ranges, booleans of all kinds */
    m.data = memory.data;
    if (elements > 0)
        elements_fill(&m);
    m.given.data = memory.data;
    *given = m.given;
    return memory;
}

struct check_arrays check_arrays_create(const struct expression_arrays *arrays, const struct check_shape *shape,
                                        struct random *random)
{
    struct check_arrays created = { .count = arrays->count };
    for (int i = 0; i < arrays->count; i++)
        created.memory[i] = array_create(&arrays->list[i], shape, random, &created.given[i]);
    return created;
}

void check_arrays_destroy(struct check_arrays *arrays)
{
    for (int i = 0; i < arrays->count; i++)
        guarded_destroy(&arrays->memory[i]);
    *arrays = (struct check_arrays){ 0 };
}
