-- The upper halves of floats, with infinities and NaNs.
name   = "bf16"
help   = "uint16_t with the upper half of a float; o is rounded to nearest even"
stored = "uint16_t"
bits   = 16
code = [[
static float from_bf16(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearest upper half, even in a tie; one NaN for all. */
static uint16_t to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return 0x7fc0u;
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
]]
vector = [[
OP$T void vto_bf16$T(uint16_t *p, vec$T a)
{
    const mask$T number = veq$T(a, a);
    const ivec$T bits = vbits$T(vselect$T(number, a, vzero$T())), odd = iand$T(iright$T(bits, 16), iset$T(1));
    const ivec$T nearest = iright$T(iadd$T(iadd$T(bits, odd), iset$T(0x7fff)), 16);
    istore_u16$T(p, iselect$T(number, nearest, iset$T(0x7fc0)));
}
]]
