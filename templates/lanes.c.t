/*
** Elements of arrays, a vector of them. Where lanes are neighbours on an axis of queries or keys,
** those beside its ends repeat the last one there is: nothing is read outside of an array.
*/
OP$T int32_t ifirst$T(ivec$T a)
{
    int32_t first;
    memcpy(&first, &a, sizeof first);
    return first;
}

% local types = {
%     { letter = "m", name = "boolean", vector = "mask",  c = "uint8_t", lane = "int32_t" },
%     { letter = "i", name = "integer", vector = "ivec", c = "int32_t", lane = "int32_t" },
%     { letter = "v", name = "number",  vector = "vec",  c = "float",   lane = "float" },
% }
% for _, t in ipairs(types) do
OP$T $(t.vector)$T $(t.letter)pack$T(const $(t.lane) *lanes)
{
% if t.letter == "m" then
    ivec$T all;
    memcpy(&all, lanes, sizeof all);
    return mnot$T(ieq$T(all, iset$T(0)));
% else
    $(t.vector)$T all;
    memcpy(&all, lanes, sizeof all);
    return all;
% end
}

/* Those at first, first + 1, ... of an axis that goes from low to high. */
OP$T $(t.vector)$T $(t.letter)span$T(const struct attn_array *array, int64_t start, int64_t stride, int32_t first, int32_t low, int32_t high)
{
    const $(t.c) *from = (const $(t.c) *)array->data + start;
    $(t.lane) lanes[$LANES];
    if (stride == 1 && first >= low && first <= high - $(LANES - 1)) {
        for (int i = 0; i < $LANES; i++)
            lanes[i] = from[first + i];
    } else {
        for (int i = 0; i < $LANES; i++)
            lanes[i] = from[attn_within(first + i, low, high) * stride];
    }
    return $(t.letter)pack$T(lanes);
}

/* Those at the places `at` of an axis. */
OP$T $(t.vector)$T $(t.letter)pick$T(const struct attn_array *array, int64_t start, int64_t stride, ivec$T at)
{
    const $(t.c) *from = (const $(t.c) *)array->data + start;
    int32_t places[$LANES];
    $(t.lane) lanes[$LANES];
    memcpy(places, &at, sizeof places);
    for (int i = 0; i < $LANES; i++)
        lanes[i] = from[places[i] * stride];
    return $(t.letter)pack$T(lanes);
}

% end
/* Places in an array, one a lane. */
struct lanes$T { int64_t at[$LANES]; };

OP$T struct lanes$T lanes_start$T(int64_t start)
{
    struct lanes$T lanes;
    for (int i = 0; i < $LANES; i++)
        lanes.at[i] = start;
    return lanes;
}

OP$T struct lanes$T lanes_span$T(struct lanes$T lanes, int64_t stride, int32_t first, int32_t low, int32_t high)
{
    for (int i = 0; i < $LANES; i++)
        lanes.at[i] += attn_within(first + i, low, high) * stride;
    return lanes;
}

OP$T struct lanes$T lanes_pick$T(struct lanes$T lanes, int64_t stride, ivec$T at)
{
    int32_t places[$LANES];
    memcpy(places, &at, sizeof places);
    for (int i = 0; i < $LANES; i++)
        lanes.at[i] += places[i] * stride;
    return lanes;
}

% for _, t in ipairs(types) do
OP$T $(t.vector)$T $(t.letter)lanes$T(const struct attn_array *array, struct lanes$T at)
{
    $(t.lane) values[$LANES];
    for (int i = 0; i < $LANES; i++)
        values[i] = ((const $(t.c) *)array->data)[at.at[i]];
    return $(t.letter)pack$T(values);
}

% end
