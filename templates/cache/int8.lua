-- Whole numbers of a scale that fits the largest value of a key, or of each block of it.
name   = "int8"
help   = "1 byte a value and a scale for each row of a head, or for each block of it"
stored = "int8_t"
bits   = 8
scales = 1
parameters = {
  { name = "block", type = integer, max = 1024, multiple = 16, default = 0, help = "values that share a scale; 0: a whole row, scaled after the sum" },
}
code = [[
/* A scale, rounded up, of which the largest of `count` values is at most 127. */
static void int8_scale(const float *restrict x, int count, uint16_t scale[1])
{
    float largest = 0.0f;
    for (int i = 0; i < count; i++) {
        const float size = x[i] < 0.0f ? -x[i] : x[i];
        largest = size > largest ? size : largest;
    }
    scale[0] = attn_scale_up(largest / 127.0f);
}

static int8_t int8_store(float x, const uint16_t scale[1])
{
    const float unit = attn_scale_value(scale[0]), code = unit > 0.0f ? x / unit : 0.0f;
    return (int8_t)(code < 0.0f ? code - 0.5f : code + 0.5f);
}

static float int8_value(int8_t stored, const uint16_t scale[1])
{
    return (float)stored * attn_scale_value(scale[0]);
}
]]
vector = [[
OP$T vec$T vload_int8$T(const int8_t *p)                 { return vfromi$T(iload_s8$T(p)); }
]]
