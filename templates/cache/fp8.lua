-- Eight bits with 4 of exponent and 3 of fraction (E4M3 of the Open Compute Project's 8-bit floating point
-- specification, without infinity): 448 is the largest, units of 2^-9 the smallest.
name   = "fp8"
help   = "1 byte a value: E4M3, rounded to nearest even; beyond 448 it stays there"
stored = "uint8_t"
bits   = 8
code = [[
/* The nearest value of E4M3, even in a tie. */
static uint8_t fp8_store(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 24 & 0x80u, size = bits & 0x7fffffffu;
    if (size >= 0x43e00000u)                               /* 448 and above */
        return (uint8_t)(sign | 0x7eu);
    if (size >= 0x3c800000u)                               /* 2^-6 and above: the exponent's bias goes from 127 to 7 */
        return (uint8_t)(sign | (((size + 0x7ffffu + (size >> 20 & 1u)) >> 20) - (120u << 3)));
    const float sum = (x < 0.0f ? -x : x) + 16384.0f;      /* rounds to units of 2^-9 */
    memcpy(&bits, &sum, sizeof bits);
    return (uint8_t)(sign | (bits - 0x46800000u));
}

static float fp8_value(uint8_t stored)
{
    const uint32_t size = stored & 0x7fu, bits = (size << 20) + (120u << 23);
    float x = (float)size * 0.001953125f;                  /* below 2^-6: units of 2^-9 */
    if (size >= 8u)
        memcpy(&x, &bits, sizeof x);
    return stored & 0x80u ? -x : x;
}
]]
vector = [[
OP$T vec$T vload_fp8$T(const uint8_t *p)
{
    const ivec$T stored = iload_u8$T(p), size = iand$T(stored, iset$T(0x7f));
    const ivec$T bits = iadd$T(ileft$T(size, 20), iset$T(120 << 23));
    const vec$T small = vmul$T(vfromi$T(size), vset$T(0.001953125f));          /* below 2^-6: units of 2^-9 */
    const vec$T x = vselect$T(ilt$T(size, iset$T(8)), small, vfrombits$T(bits));
    return vfrombits$T(iadd$T(vbits$T(x), ileft$T(iright$T(stored, 7), 31)));
}
]]
