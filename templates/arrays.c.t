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
/* Widens a range to hold `count` elements from `at` on. */
ATTN_ARRAY void attn_widen_$(type)s(struct attn_range *range, const struct attn_array *array, int64_t at, int64_t stride, int64_t count)
{
    int32_t low = range->low, high = range->high;
    for (int64_t i = 0; i < count; i++) {
        const int32_t value = attn_$type(array, at + i * stride);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    range->low = low;
    range->high = high;
}

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
    for (int64_t i = 0; i < count[0]; i++)
        for (int64_t j = 0; j < count[1]; j++)
            for (int64_t k = 0; k < count[2]; k++)
                attn_widen_$(type)s(&range, array, start + i * stride[0] + j * stride[1] + k * stride[2], stride[3], count[3]);
    return range;
}

% end

/* Arrays: integers of keys, searched ---------------------------------------------------------------- */

#define ATTN_STRETCH 64

ATTN_ARRAY int32_t attn_stretches(int32_t kv_len)
{
    return (kv_len + ATTN_STRETCH - 1) / ATTN_STRETCH;
}

ATTN_ARRAY const struct attn_bound *attn_bounds_of(const struct attn_view *view, int array)
{
    return view->bound == NULL ? NULL : view->bound + (int64_t)array * attn_stretches(view->kv_len);
}

/* Bounds of the integers of keys 0 .. kv_len - 1. */
ATTN_ARRAY void attn_bounds_fill(const struct attn_array *array, int64_t start, int64_t stride, int32_t kv_len,
                                 struct attn_bound *bound)
{
    const int32_t stretches = attn_stretches(kv_len);
    struct attn_range before = { INT32_MAX, INT32_MIN }, after = { INT32_MAX, INT32_MIN };
    for (int32_t s = 0; s < stretches; s++) {
        const int32_t first = s * ATTN_STRETCH, end = first + ATTN_STRETCH < kv_len ? first + ATTN_STRETCH : kv_len;
        struct attn_range own = { INT32_MAX, INT32_MIN };
        for (int32_t k = first; k < end; k++) {
            const int32_t value = attn_integer(array, start + k * stride);
            own.low = value < own.low ? value : own.low;
            own.high = value > own.high ? value : own.high;
        }
        before.low = own.low < before.low ? own.low : before.low;
        before.high = own.high > before.high ? own.high : before.high;
        bound[s].low_before = before.low;
        bound[s].high_before = before.high;
        bound[s].low_after = own.low;
        bound[s].high_after = own.high;
    }
    for (int32_t s = stretches - 1; s >= 0; s--) {
        after.low = bound[s].low_after < after.low ? bound[s].low_after : after.low;
        after.high = bound[s].high_after > after.high ? bound[s].high_after : after.high;
        bound[s].low_after = after.low;
        bound[s].high_after = after.high;
    }
}

/* Narrows keys *first .. *last to the stretches between which one can hold an integer of low .. high. */
ATTN_ARRAY void attn_narrow_stretches(const struct attn_bound *bound, int64_t low, int64_t high, int32_t *first, int32_t *last)
{
    int32_t from = *first / ATTN_STRETCH, to = *last / ATTN_STRETCH;
    for (int32_t end = to + 1; from < end;) {               /* the first one up to whose end such an integer is possible */
        const int32_t middle = from + (end - from) / 2;
        if (bound[middle].high_before >= low && bound[middle].low_before <= high)
            end = middle;
        else
            from = middle + 1;
    }
    for (int32_t start = from; start <= to;) {              /* the last one from whose start on it is */
        const int32_t middle = start + (to - start) / 2;
        if (bound[middle].high_after >= low && bound[middle].low_after <= high)
            start = middle + 1;
        else
            to = middle - 1;
    }
    *first = from * ATTN_STRETCH > *first ? from * ATTN_STRETCH : *first;
    *last = to * ATTN_STRETCH + ATTN_STRETCH - 1 < *last ? to * ATTN_STRETCH + ATTN_STRETCH - 1 : *last;
}

/* Narrows keys *first .. *last to those between which one holds an integer of low .. high, as far as a few looks show. */
ATTN_ARRAY void attn_narrow(const struct attn_array *array, int64_t start, int64_t stride, const struct attn_bound *bound,
                            int64_t low, int64_t high, int32_t *first, int32_t *last)
{
    if (bound != NULL && *last - *first >= ATTN_STRETCH)
        attn_narrow_stretches(bound, low, high, first, last);
    const int32_t most = bound != NULL ? ATTN_STRETCH : ATTN_LOOKED;
    for (int32_t looks = 0; *first <= *last && looks < most; looks++, ++*first) {
        const int32_t value = attn_integer(array, start + *first * stride);
        if (value >= low && value <= high)
            break;
    }
    for (int32_t looks = 0; *first <= *last && looks < most; looks++, --*last) {
        const int32_t value = attn_integer(array, start + *last * stride);
        if (value >= low && value <= high)
            break;
    }
}
