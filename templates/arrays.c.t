/* Arrays: single elements ---------------------------------------------------------------------- */

#define ATTN_ARRAY static inline __attribute__((unused))

ATTN_ARRAY int attn_boolean(const struct attn_array *array, int64_t at)
{
    return ((const uint8_t *)array->data)[at] != 0;
}

ATTN_ARRAY int32_t attn_integer(const struct attn_array *array, int64_t at)
{
    return ((const int32_t *)array->data)[at];
}

ATTN_ARRAY float attn_number(const struct attn_array *array, int64_t at)
{
    return ((const float *)array->data)[at];
}

/* The nearest place from first to last. */
ATTN_ARRAY int32_t attn_within(int32_t place, int32_t first, int32_t last)
{
    return place < first ? first : place > last ? last : place;
}

/* The key at a place, the nearest one where there is none. */
ATTN_ARRAY int32_t attn_key(int32_t place, int32_t kv_len)
{
    return attn_within(place, 0, kv_len - 1);
}

/* The row of the query at a place, or of the nearest one. */
ATTN_ARRAY int64_t attn_row(const struct attn_view *view, int32_t place)
{
    return view->row + attn_within(place, view->query_first, view->query_last);
}

/* Arrays: whole boxes --------------------------------------------------------------------------- */

#define ATTN_LOOKED 8192      /* elements of a box that are looked at; in a larger one anything may stand */

struct attn_range { int32_t low, high; };

% for _, type in ipairs { "boolean", "integer" } do
/* The least and the greatest of the elements first .. last of each axis; low and high where they are too many. */
ATTN_ARRAY struct attn_range attn_range_of_$(type)s(const struct attn_array *array, int axes, const int64_t *first,
                                                    const int64_t *last, int32_t low, int32_t high)
{
    const struct attn_range all = { low, high };
    int64_t count[ATTN_ARRAY_AXES] = { 1, 1, 1, 1 }, stride[ATTN_ARRAY_AXES] = { 0 }, start = 0, elements = 1;
    for (int axis = 0; axis < axes; axis++) {
        const int slot = ATTN_ARRAY_AXES - axes + axis;      /* the last axis is the innermost loop */
        stride[slot] = array->stride[axis];
        count[slot] = stride[slot] != 0 ? last[axis] - first[axis] + 1 : 1;
        start += first[axis] * stride[slot];
        elements *= count[slot];
        if (elements < 1 || elements > ATTN_LOOKED)
            return all;
    }
    struct attn_range range = { high, low };
    for (int64_t outer = 0; outer < elements / count[3]; outer++) {
        const int64_t i = outer / (count[1] * count[2]), j = outer / count[2] % count[1], k = outer % count[2];
        const int64_t at = start + i * stride[0] + j * stride[1] + k * stride[2];
        for (int64_t l = 0; l < count[3]; l++) {
            const int32_t value = attn_$type(array, at + l * stride[3]);
            range.low = value < range.low ? value : range.low;
            range.high = value > range.high ? value : range.high;
        }
    }
    return range;
}

% end
