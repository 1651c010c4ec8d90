-- x86-64 with AVX-512 F, BW, DQ and VL: 32 registers of 16 floats.
name             = "avx512"
help             = "x86-64 with AVX-512 F, BW, DQ and VL: 16 floats at a time"
lanes            = 16
registers        = 32
halves           = 1
header           = "immintrin.h"
attribute        = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"
supported        = "cpu_has_avx512()"
requires_machine = "x86_64"
code = [[
#if !defined(__clang__) && !defined(__OPTIMIZE__)
#pragma GCC diagnostic ignored "-Wsign-conversion"   /* GCC's own intrinsics, which are macros then */
#endif
#define KERNEL$T static __attribute__((noinline, target("$ATTRIBUTE")))
#define OP$T static inline __attribute__((always_inline, unused, target("$ATTRIBUTE")))
#define vexp2_scale$T 0.245479584f    /* 2^x is this times vexp2(x) */

typedef __m512 vec$T;
typedef __m512i ivec$T;
typedef __mmask16 mask$T;
typedef __m256 half$T;

OP$T vec$T vzero$T(void)                                 { return _mm512_setzero_ps(); }
OP$T vec$T vset$T(float x)                               { return _mm512_set1_ps(x); }
OP$T vec$T vload$T(const float *p)                       { return _mm512_loadu_ps(p); }
OP$T void vstore$T(float *p, vec$T a)                    { _mm512_storeu_ps(p, a); }
OP$T vec$T vadd$T(vec$T a, vec$T b)                      { return _mm512_add_ps(a, b); }
OP$T vec$T vsub$T(vec$T a, vec$T b)                      { return _mm512_sub_ps(a, b); }
OP$T vec$T vmul$T(vec$T a, vec$T b)                      { return _mm512_mul_ps(a, b); }
OP$T vec$T vfma$T(vec$T a, vec$T b, vec$T c)             { return _mm512_fmadd_ps(a, b, c); }
OP$T vec$T vmax$T(vec$T a, vec$T b)                      { return _mm512_max_ps(a, b); }
OP$T vec$T vdiv$T(vec$T a, vec$T b)                      { return _mm512_div_ps(a, b); }
OP$T vec$T vmin$T(vec$T a, vec$T b)                      { return _mm512_min_ps(a, b); }
OP$T vec$T vabs$T(vec$T a)                               { return _mm512_abs_ps(a); }
OP$T vec$T vfloor$T(vec$T a)                             { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
OP$T vec$T vsqrt$T(vec$T a)                              { return _mm512_sqrt_ps(a); }
OP$T vec$T vfromi$T(ivec$T a)                            { return _mm512_cvtepi32_ps(a); }

/* Half a vector: where a vector takes two steps of an FMA pipe, it takes one. */
OP$T half$T hzero$T(void)                                { return _mm256_setzero_ps(); }
OP$T half$T hset$T(float x)                              { return _mm256_set1_ps(x); }
OP$T half$T hload$T(const float *p)                      { return _mm256_loadu_ps(p); }
OP$T void hstore$T(float *p, half$T a)                   { _mm256_storeu_ps(p, a); }
OP$T half$T hmul$T(half$T a, half$T b)                   { return _mm256_mul_ps(a, b); }
OP$T half$T hfma$T(half$T a, half$T b, half$T c)         { return _mm256_fmadd_ps(a, b, c); }

/* The low four bits of each lane: a table, which ignores the others, in place of a conversion. */
OP$T vec$T vfromi_low4$T(ivec$T a)
{
    return _mm512_permutexvar_ps(a, _mm512_setr_ps(0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f, 10.0f, 11.0f, 12.0f, 13.0f, 14.0f, 15.0f));
}
OP$T mask$T veq$T(vec$T a, vec$T b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
OP$T mask$T vlt$T(vec$T a, vec$T b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
OP$T mask$T vle$T(vec$T a, vec$T b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
OP$T vec$T vtable$T(const float *table, ivec$T i)        { return _mm512_i32gather_ps(i, table, 4); }
OP$T ivec$T vbits$T(vec$T a)                             { return _mm512_castps_si512(a); }
OP$T vec$T vfrombits$T(ivec$T a)                         { return _mm512_castsi512_ps(a); }
OP$T mask$T vgreater$T(vec$T a, vec$T b)                 { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
OP$T vec$T vselect$T(mask$T m, vec$T a, vec$T b)         { return _mm512_mask_blend_ps(m, b, a); }
OP$T float vfirst$T(vec$T a)                             { return _mm512_cvtss_f32(a); }
OP$T float vlargest$T(vec$T a)                           { return _mm512_reduce_max_ps(a); }

OP$T ivec$T iset$T(int32_t x)                            { return _mm512_set1_epi32(x); }
OP$T ivec$T iramp$T(int32_t x)                           { return _mm512_add_epi32(_mm512_set1_epi32(x), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)); }
OP$T ivec$T iadd$T(ivec$T a, ivec$T b)                   { return _mm512_add_epi32(a, b); }
OP$T ivec$T isub$T(ivec$T a, ivec$T b)                   { return _mm512_sub_epi32(a, b); }
OP$T ivec$T imul$T(ivec$T a, ivec$T b)                   { return _mm512_mullo_epi32(a, b); }
OP$T ivec$T iabs$T(ivec$T a)                             { return _mm512_abs_epi32(a); }
OP$T ivec$T imin$T(ivec$T a, ivec$T b)                   { return _mm512_min_epi32(a, b); }
OP$T ivec$T imax$T(ivec$T a, ivec$T b)                   { return _mm512_max_epi32(a, b); }
OP$T ivec$T iselect$T(mask$T m, ivec$T a, ivec$T b)      { return _mm512_mask_blend_epi32(m, b, a); }
OP$T ivec$T itable$T(const int32_t *table, ivec$T i)     { return _mm512_i32gather_epi32(i, table, 4); }
OP$T ivec$T ihalf$T(ivec$T a)                            { return _mm512_srai_epi32(a, 1); }      /* floored */
OP$T ivec$T iexponent$T(ivec$T a)                        { return _mm512_srai_epi32(a, 23); }     /* of the bits of a float */
OP$T ivec$T iand$T(ivec$T a, ivec$T b)                   { return _mm512_and_si512(a, b); }
OP$T ivec$T ileft$T(ivec$T a, int bits)                  { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(bits)); }
OP$T ivec$T iright$T(ivec$T a, int bits)                 { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(bits)); }      /* zeros come in */
OP$T ivec$T iload_s8$T(const int8_t *p)                  { return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP$T ivec$T iload_u8$T(const uint8_t *p)                 { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP$T ivec$T iload_u16$T(const uint16_t *p)               { return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
OP$T ivec$T iload_u32$T(const uint32_t *p)               { return _mm512_loadu_si512(p); }
OP$T vec$T vload_half$T(const uint16_t *p)               { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
OP$T void istore_u16$T(uint16_t *p, ivec$T a)            { _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtepi32_epi16(a)); }      /* of 0 to 65535 */
OP$T void vstore_half$T(uint16_t *p, vec$T a)            { _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT)); }
OP$T vec$T vload_bfloat$T(const uint16_t *p)             { return vfrombits$T(ileft$T(iload_u16$T(p), 16)); }      /* the upper halves of floats */
OP$T vec$T vpower$T(ivec$T n)                            { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n, _mm512_set1_epi32(127)), 23)); }      /* 2^n */
OP$T mask$T ieq$T(ivec$T a, ivec$T b)                    { return _mm512_cmpeq_epi32_mask(a, b); }
OP$T mask$T ile$T(ivec$T a, ivec$T b)                    { return _mm512_cmple_epi32_mask(a, b); }
OP$T mask$T ilt$T(ivec$T a, ivec$T b)                    { return _mm512_cmplt_epi32_mask(a, b); }
OP$T mask$T mset$T(int all)                              { return (mask$T)(all ? 0xffff : 0); }
OP$T mask$T mand$T(mask$T a, mask$T b)                   { return (mask$T)(a & b); }
OP$T mask$T mor$T(mask$T a, mask$T b)                    { return (mask$T)(a | b); }
OP$T mask$T mnot$T(mask$T a)                             { return (mask$T)(a ^ 0xffff); }
OP$T int many$T(mask$T a)                                { return a != 0; }

/* The upper halves of the lanes, two to a unit from half `first` on. */
OP$T void vstore_halves$T(float *units, int first, vec$T a)
{
    const __m512i halves = _mm512_srli_epi32(_mm512_castps_si512(a), 16);
    _mm256_storeu_si256((__m256i *)(void *)(units + first / 2), _mm512_cvtepi32_epi16(halves));
}

/* The first count lanes. */
OP$T void vstore_part$T(float *p, vec$T a, int count)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1u), a);
}

/* The sum of all lanes, by halves. */
OP$T float vsum$T(vec$T a)
{
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/* Floored division, exact: a quotient of two 32-bit integers differs from a whole number by more than a double's rounding. */
OP$T ivec$T idiv$T(ivec$T a, ivec$T b)
{
    const __m512d low = _mm512_div_pd(_mm512_cvtepi32_pd(_mm512_castsi512_si256(a)), _mm512_cvtepi32_pd(_mm512_castsi512_si256(b)));
    const __m512d high = _mm512_div_pd(_mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1)), _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(b, 1)));
    const __m256i low_floor = _mm512_cvtpd_epi32(_mm512_roundscale_pd(low, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    const __m256i high_floor = _mm512_cvtpd_epi32(_mm512_roundscale_pd(high, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low_floor), high_floor, 1);
}

OP$T ivec$T imod$T(ivec$T a, ivec$T b)                   { return isub$T(a, imul$T(idiv$T(a, b), b)); }

/* Four floats each of the rows first, first + 4, first + 8, first + 12. */
OP$T vec$T vload_quarters$T(const float *first, int64_t stride)
{
    vec$T a = _mm512_castps128_ps512(_mm_loadu_ps(first));
% for i = 1, 3 do
    a = _mm512_insertf32x4(a, _mm_loadu_ps(first + $(4 * i) * stride), $i);
% end
    return a;
}

/* to[j][i] = from[i][j] for a square of as many rows as lanes; strides in floats. */
OP$T void vtranspose$T(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    for (int j = 0; j < 16; j += 4, from += 4, to += 4 * to_stride) {
% for i = 0, 3 do
        const vec$T rows$i = vload_quarters$T(from + $i * from_stride, from_stride);
% end
% for i = 0, 3, 2 do
        const vec$T low$i = _mm512_unpacklo_ps(rows$i, rows$(i + 1)), high$i = _mm512_unpackhi_ps(rows$i, rows$(i + 1));
% end
        vstore$T(to, _mm512_shuffle_ps(low0, low2, 0x44));
        vstore$T(to + to_stride, _mm512_shuffle_ps(low0, low2, 0xee));
        vstore$T(to + 2 * to_stride, _mm512_shuffle_ps(high0, high2, 0x44));
        vstore$T(to + 3 * to_stride, _mm512_shuffle_ps(high0, high2, 0xee));
    }
}

/*
** 2^x / vexp2_scale for x up to 100; below -120 it is that of -120. x is n + i/16 + f, floored: a table of 2^(i/16), a
** quadratic in f as a completed square, and vscalefps for n, which takes the floor of x itself. Relative error 6e-7.
*/
OP$T vec$T vexp2$T(vec$T x)
{
    const __m512 table = _mm512_setr_ps(1.0f, 1.04427378f, 1.09050773f, 1.13878863f, 1.18920712f, 1.24185781f, 1.29683955f, 1.35425555f,
                                        1.41421356f, 1.47682615f, 1.54221083f, 1.61049033f, 1.68179283f, 1.75625216f, 1.83400809f, 1.91520656f);
    x = _mm512_max_ps(x, _mm512_set1_ps(-120.0f));
    const __m512 g = _mm512_add_ps(_mm512_reduce_ps(x, 4 << 4 | _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC), _mm512_set1_ps(1.41157198f));
    /* 1.5 * 2^19: the low bits count sixteenths */
    const __m512 sixteenths = _mm512_add_round_ps(x, _mm512_set1_ps(786432.0f), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    const __m512 power = _mm512_permutexvar_ps(_mm512_castps_si512(sixteenths), table);
    return _mm512_scalef_ps(_mm512_mul_ps(_mm512_fmadd_ps(g, g, _mm512_set1_ps(2.081124855f)), power), x);
}

OP$T vec$T vexp2_exact$T(vec$T x)                        { return vmul$T(vexp2$T(x), vset$T(vexp2_scale$T)); }
]]
products = [[
OP$T ivec$T idot_int8$T(ivec$T k, ivec$T q, ivec$T sum)
{
    const __m512i even = _mm512_madd_epi16(_mm512_and_si512(k, _mm512_set1_epi16(255)), _mm512_srai_epi16(_mm512_slli_epi16(q, 8), 8));
    return _mm512_add_epi32(_mm512_add_epi32(sum, even), _mm512_madd_epi16(_mm512_srli_epi16(k, 8), _mm512_srai_epi16(q, 8)));
}
]]
