-- Halves of IEEE 754. What would overflow becomes the largest finite one, so that a score stays a number.
name   = "f16"
help   = "2 bytes a value: IEEE half precision, rounded to nearest even; beyond 65504 it stays there"
stored = "uint16_t"
bits   = 16
code = [[
/* The nearest half, even in a tie. */
static uint16_t f16_store(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    if (size >= 0x477ff000u)                               /* 65520 and above */
        return (uint16_t)(sign | 0x7bffu);
    if (size >= 0x38800000u)                               /* 2^-14 and above: the exponent's bias goes from 127 to 15 */
        return (uint16_t)(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
    const float sum = (x < 0.0f ? -x : x) + 0.5f;          /* rounds to units of 2^-24 */
    memcpy(&bits, &sum, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000u));
}

static float f16_value(uint16_t stored)
{
    const uint32_t size = stored & 0x7fffu, bits = (size << 13) + (112u << 23);
    float x = (float)size * 5.9604644775390625e-8f;        /* below 2^-14: units of 2^-24 */
    if (size >= 0x400u)
        memcpy(&x, &bits, sizeof x);
    return stored & 0x8000u ? -x : x;
}
]]
vector = [[
OP$T vec$T vload_f16$T(const uint16_t *p)                { return vload_half$T(p); }
]]
