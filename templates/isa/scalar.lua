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
