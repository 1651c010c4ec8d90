-- The upper half of a float.
name   = "bf16"
help   = "2 bytes a value: the upper half of a float, rounded to nearest even"
stored = "uint16_t"
bits   = 16
code = [[
/* The nearest upper half of a float, even in a tie; the largest finite one instead of infinity. */
static uint16_t bf16_store(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) >= 0x7f7f8000u)
        return (uint16_t)((bits >> 16 & 0x8000u) | 0x7f7fu);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static float bf16_value(uint16_t stored)
{
    const uint32_t bits = (uint32_t)stored << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
]]
vector = [[
OP$T vec$T vload_bf16$T(const uint16_t *p)               { return vload_bfloat$T(p); }
]]
