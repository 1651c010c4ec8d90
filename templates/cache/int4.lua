-- Sixteen steps from the smallest to the largest value of a block. Two neighbours share a byte, the first in its lower half.
name   = "int4"
help   = "4 bits a value, a scale and a minimum for each block"
stored = "uint8_t"
bits   = 4
scales = 2
parameters = {
  { name = "block", type = integer, min = 16, max = 1024, multiple = 16, default = 32, help = "values that share a scale and a minimum" },
}
code = [[
static void int4_put(uint8_t *at, int second, uint8_t stored)
{
    *at = (uint8_t)(second ? (*at & 15) | stored << 4 : (*at & 240) | stored);
}

static uint8_t int4_get(uint8_t at, int second)          { return (uint8_t)(second ? at >> 4 : at & 15); }

/* The minimum, rounded down, and the scale, rounded up, so that 16 steps hold all of `count` values. */
static void int4_scale(const float *restrict x, int count, uint16_t scale[2])
{
    float lowest = x[0], highest = x[0];
    for (int i = 1; i < count; i++) {
        lowest = x[i] < lowest ? x[i] : lowest;
        highest = x[i] > highest ? x[i] : highest;
    }
    scale[1] = attn_scale_down(lowest);
    scale[0] = attn_scale_up(highest / 15.0f - attn_scale_value(scale[1]) / 15.0f);
}

static uint8_t int4_store(float x, const uint16_t scale[2])
{
    const float unit = attn_scale_value(scale[0]), code = unit > 0.0f ? (x - attn_scale_value(scale[1])) / unit : 0.0f;
    return (uint8_t)(code < 0.0f ? 0.0f : code < 15.0f ? code + 0.5f : 15.0f);
}

static float int4_value(uint8_t stored, const uint16_t scale[2])
{
    return (float)stored * attn_scale_value(scale[0]) + attn_scale_value(scale[1]);
}
]]
vector = [[
OP$T vec$T vload_int4_first$T(const uint8_t *p)          { return vfromi_low4$T(iload_u8$T(p)); }
OP$T vec$T vload_int4_second$T(const uint8_t *p)         { return vfromi$T(iright$T(iload_u8$T(p), 4)); }
]]
