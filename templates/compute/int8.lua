-- Whole numbers for q k, which are exact; values stay as f32 has them.
name    = "int8"
help    = "q, rotated, becomes codes of -127 .. 127, largest / 127 apart; q k sums products of codes exactly; weights and values are floats"
keys    = "int8"
pack    = 4
stored  = "uint32_t"
product = "idot_int8"
code = [[
/* Four bytes of a unit: part 0 is the lowest. K's codes have 128 added. */
static void int8_put(uint32_t *unit, int part, int8_t stored)
{
    const int shift = 8 * part;
    *unit = (*unit & ~((uint32_t)0xff << shift)) | (uint32_t)(stored + 128) << shift;
}

static int8_t int8_get(uint32_t unit, int part)          { return (int8_t)((int)(unit >> 8 * part & 255u) - 128); }

/*
** Row q of `count` floats becomes units of signed codes, each in the place of a float. Behind them: 1 / scale of a code of
** 1, and what sums of its products start from, so that the 128 in K's codes cancel.
*/
static void int8_units(float *q, int count, float scale)
{
    float largest = 0.0f;
    for (int d = 0; d < count; d++) {
        const float size = q[d] < 0.0f ? -q[d] : q[d];
        largest = size > largest ? size : largest;
    }
    const float step = largest / 127.0f;
    int32_t sum = 0;
    const int units = (count + 3) / 4;
    for (int unit = 0; unit < units; unit++) {
        uint32_t codes = 0;
        for (int d = 4 * unit; d < 4 * unit + 4 && d < count; d++) {
            const float ratio = step > 0.0f ? q[d] / step : 0.0f;
            const int code = (int)(ratio < 0.0f ? ratio - 0.5f : ratio + 0.5f);
            codes |= (uint32_t)(code & 255) << 8 * (d % 4);
            sum += code;
        }
        memcpy(&q[unit], &codes, sizeof codes);
    }
    const int32_t start = -128 * sum;
    q[units] = step * scale;
    memcpy(&q[units + 1], &start, sizeof start);
}
]]
