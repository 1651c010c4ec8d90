-- Halves of IEEE 754, with its infinities and NaNs: what is written is a result, not something to go on from.
name   = "f16"
help   = "uint16_t with the bits of an IEEE half; o is rounded to nearest even, from 65520 on to infinity"
stored = "uint16_t"
bits   = 16
code = [[
static float from_f16(uint16_t half)
{
    const uint32_t size = half & 0x7fffu;
    const uint32_t bits = (size << 13) + ((size < 0x7c00u ? 112u : 224u) << 23);      /* infinities and NaNs have the last exponent */
    float x = (float)size * 5.9604644775390625e-8f;        /* below 2^-14: units of 2^-24 */
    if (size >= 0x400u)
        memcpy(&x, &bits, sizeof x);
    return half & 0x8000u ? -x : x;
}

/* The nearest half, even in a tie. */
static uint16_t to_f16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    if (size > 0x7f800000u)                                /* a NaN keeps the upper part of its bits */
        return (uint16_t)(sign | 0x7e00u | (size >> 13 & 0x1ffu));
    if (size >= 0x477ff000u)                               /* 65520 and above */
        return (uint16_t)(sign | 0x7c00u);
    if (size >= 0x38800000u)                               /* 2^-14 and above: the exponent's bias goes from 127 to 15 */
        return (uint16_t)(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
    const float sum = (x < 0.0f ? -x : x) + 0.5f;          /* rounds to units of 2^-24 */
    memcpy(&bits, &sum, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000u));
}
]]
vector = [[
OP$T void vto_f16$T(uint16_t *p, vec$T a)                { vstore_half$T(p, a); }
]]
