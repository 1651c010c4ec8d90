-- Plain C, one float at a time: works everywhere, and says what the vector operations mean.
name      = "scalar"
help      = "plain C for any CPU"
lanes     = 1
registers = 16
supported = "1"
code = [[
#define KERNEL$T static __attribute__((noinline))
#define OP$T static inline __attribute__((always_inline, unused))
#define vexp2_scale$T 1.0f

typedef float vec$T;
typedef int32_t ivec$T;
typedef int mask$T;

OP$T vec$T vzero$T(void)                                 { return 0.0f; }
OP$T vec$T vset$T(float x)                               { return x; }
OP$T vec$T vload$T(const float *p)                       { return *p; }
OP$T void vstore$T(float *p, vec$T a)                    { *p = a; }
OP$T vec$T vadd$T(vec$T a, vec$T b)                      { return a + b; }
OP$T vec$T vsub$T(vec$T a, vec$T b)                      { return a - b; }
OP$T vec$T vmul$T(vec$T a, vec$T b)                      { return a * b; }
OP$T vec$T vfma$T(vec$T a, vec$T b, vec$T c)             { return a * b + c; }     /* two roundings: no instruction to rely on */
OP$T vec$T vmax$T(vec$T a, vec$T b)                      { return a > b ? a : b; }
OP$T vec$T vdiv$T(vec$T a, vec$T b)                      { return a / b; }
OP$T vec$T vmin$T(vec$T a, vec$T b)                      { return a < b ? a : b; }
OP$T vec$T vabs$T(vec$T a)                               { return a < 0.0f ? -a : a + 0.0f; }      /* -0.0 + 0.0 is 0.0 */
OP$T vec$T vfromi$T(ivec$T a)                            { return (float)a; }
OP$T vec$T vfromi_low4$T(ivec$T a)                       { return (float)(a & 15); }
OP$T mask$T veq$T(vec$T a, vec$T b)                      { return a == b; }
OP$T mask$T vlt$T(vec$T a, vec$T b)                      { return a < b; }
OP$T mask$T vle$T(vec$T a, vec$T b)                      { return a <= b; }
OP$T vec$T vtable$T(const float *table, ivec$T i)        { return table[i]; }
OP$T mask$T vgreater$T(vec$T a, vec$T b)                 { return a > b; }
OP$T vec$T vselect$T(mask$T m, vec$T a, vec$T b)         { return m ? a : b; }
OP$T float vfirst$T(vec$T a)                             { return a; }
OP$T float vlargest$T(vec$T a)                           { return a; }
OP$T float vsum$T(vec$T a)                               { return a; }

OP$T ivec$T iset$T(int32_t x)                            { return x; }
OP$T ivec$T iramp$T(int32_t x)                           { return x; }
OP$T ivec$T iadd$T(ivec$T a, ivec$T b)                   { return a + b; }
OP$T ivec$T isub$T(ivec$T a, ivec$T b)                   { return a - b; }
OP$T ivec$T imul$T(ivec$T a, ivec$T b)                   { return a * b; }
OP$T ivec$T iabs$T(ivec$T a)                             { return a < 0 ? -a : a; }
OP$T ivec$T imin$T(ivec$T a, ivec$T b)                   { return a < b ? a : b; }
OP$T ivec$T imax$T(ivec$T a, ivec$T b)                   { return a > b ? a : b; }
OP$T ivec$T iselect$T(mask$T m, ivec$T a, ivec$T b)      { return m ? a : b; }
OP$T ivec$T itable$T(const int32_t *table, ivec$T i)     { return table[i]; }
OP$T ivec$T ihalf$T(ivec$T a)                            { return a >> 1; }                                 /* floored */
OP$T ivec$T iexponent$T(ivec$T a)                        { return a >> 23; }                                /* of the bits of a float */
OP$T ivec$T iand$T(ivec$T a, ivec$T b)                   { return a & b; }
OP$T ivec$T ileft$T(ivec$T a, int bits)                  { return (int32_t)((uint32_t)a << bits); }
OP$T ivec$T iright$T(ivec$T a, int bits)                 { return (int32_t)((uint32_t)a >> bits); }         /* zeros come in */
OP$T ivec$T iload_s8$T(const int8_t *p)                  { return *p; }
OP$T ivec$T iload_u8$T(const uint8_t *p)                 { return *p; }
OP$T ivec$T iload_u16$T(const uint16_t *p)               { return *p; }
OP$T void istore_u16$T(uint16_t *p, ivec$T a)            { *p = (uint16_t)a; }                              /* of 0 to 65535 */
OP$T ivec$T iload_u32$T(const uint32_t *p)               { return (int32_t)*p; }
OP$T ivec$T idiv$T(ivec$T a, ivec$T b)                   { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
OP$T ivec$T imod$T(ivec$T a, ivec$T b)                   { return a - idiv$T(a, b) * b; }
OP$T mask$T ieq$T(ivec$T a, ivec$T b)                    { return a == b; }
OP$T mask$T ile$T(ivec$T a, ivec$T b)                    { return a <= b; }
OP$T mask$T ilt$T(ivec$T a, ivec$T b)                    { return a < b; }
OP$T mask$T mset$T(int all)                              { return all != 0; }
OP$T mask$T mand$T(mask$T a, mask$T b)                   { return a & b; }
OP$T mask$T mor$T(mask$T a, mask$T b)                    { return a | b; }
OP$T mask$T mnot$T(mask$T a)                             { return !a; }
OP$T int many$T(mask$T a)                                { return a; }

OP$T ivec$T vbits$T(vec$T a)
{
    int32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

OP$T vec$T vfrombits$T(ivec$T a)
{
    float x;
    memcpy(&x, &a, sizeof x);
    return x;
}

/* The upper halves of the lanes, two to a unit from half `first` on: the one of an even place is the lower. */
OP$T void vstore_halves$T(float *units, int first, vec$T a)
{
    const uint32_t upper = (uint32_t)vbits$T(a) >> 16, old = (uint32_t)vbits$T(units[first / 2]);
    units[first / 2] = vfrombits$T((int32_t)(first % 2 == 0 ? (old & 0xffff0000u) | upper : (old & 0xffffu) | upper << 16));
}

/* Halves, of IEEE 754: one below 2^-14 counts units of 2^-24. */
OP$T vec$T vload_half$T(const uint16_t *p)
{
    const int32_t size = *p & 0x7fff;
    const float x = size < 0x400 ? (float)size * 5.9604644775390625e-8f : vfrombits$T((size << 13) + (112 << 23));
    return *p & 0x8000 ? -x : x;
}

/* The nearest half, even in a tie: infinity from 65520 on; a NaN keeps the upper part of its bits. */
OP$T void vstore_half$T(uint16_t *p, vec$T a)
{
    const uint32_t bits = (uint32_t)vbits$T(a), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    if (size > 0x7f800000u)
        *p = (uint16_t)(sign | 0x7e00u | (size >> 13 & 0x1ffu));
    else if (size >= 0x477ff000u)
        *p = (uint16_t)(sign | 0x7c00u);
    else if (size >= 0x38800000u)
        *p = (uint16_t)(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
    else                                                  /* below 2^-14: the sum rounds to units of 2^-24 */
        *p = (uint16_t)(sign | ((uint32_t)vbits$T(vabs$T(a) + 0.5f) - 0x3f000000u));
}

/* The upper halves of floats. */
OP$T vec$T vload_bfloat$T(const uint16_t *p)             { return vfrombits$T(ileft$T(*p, 16)); }

/* 2^n */
OP$T vec$T vpower$T(ivec$T n)                            { return vfrombits$T((int32_t)((uint32_t)(n + 127) << 23)); }

OP$T vec$T vfloor$T(vec$T a)
{
    if (!(vabs$T(a) < 8388608.0f))                        /* whole already, infinite or a NaN */
        return a;
    const float cut = (float)(int32_t)a;
    return cut > a ? cut - 1.0f : cut;
}

/* Newton's steps in double, from the bits halved: closer to the root than any float's rounding can tell. */
OP$T vec$T vsqrt$T(vec$T a)
{
    if (!(a > 0.0f) || a > 3.40282347e38f)
        return a < 0.0f ? __builtin_nanf("") : a;
    const double wide = a;
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    bits = (bits >> 1) + 0x1ff7a00000000000u;
    double root;
    memcpy(&root, &bits, sizeof root);
    for (int step = 0; step < 5; step++)
        root = 0.5 * (root + wide / root);
    return (float)root;
}

/* to[j][i] = from[i][j] for a square of as many rows as lanes; strides in floats. */
OP$T void vtranspose$T(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    (void)from_stride;
    (void)to_stride;
    *to = *from;
}

/* 2^x for x up to 100; below -120 it is 2^-120. Relative error 1.5e-7. */
OP$T vec$T vexp2$T(vec$T x)
{
    x = vmax$T(x, -120.0f);
    const float shifted = x + 12582912.0f;                /* 1.5 * 2^23: rounds x to a whole number */
    const float f = x - (shifted - 12582912.0f);
    float p = 1.327647217e-03f;
    p = p * f + 9.675541331e-03f;
    p = p * f + 5.550713273e-02f;
    p = p * f + 2.402211972e-01f;
    p = p * f + 6.931469671e-01f;
    p = p * f + 1.0f;
    uint32_t bits, exponent;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&exponent, &shifted, sizeof exponent);
    bits += exponent << 23;
    memcpy(&p, &bits, sizeof p);
    return p;
}

OP$T vec$T vexp2_exact$T(vec$T x)                        { return vexp2$T(x); }
]]
products = [[
/* sum + k q for four products, of the bytes of k, which have no sign, with those of q, which have one. */
OP$T ivec$T idot_int8$T(ivec$T k, ivec$T q, ivec$T sum)
{
    for (int bit = 0; bit < 32; bit += 8)
        sum += (int32_t)((uint32_t)k >> bit & 255u) * (int8_t)((uint32_t)q >> bit & 255u);
    return sum;
}
]]
