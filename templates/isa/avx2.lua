-- x86-64 with AVX2, FMA and F16C: 16 registers of 8 floats.
name             = "avx2"
help             = "x86-64 with AVX2, FMA and F16C: 8 floats at a time"
lanes            = 8
registers        = 16
header           = "immintrin.h"
attribute        = "avx2,fma,f16c"
supported        = "cpu_has_avx2()"
requires_machine = "x86_64"
code = [[
#define KERNEL$T static __attribute__((noinline, target("$ATTRIBUTE")))
#define OP$T static inline __attribute__((always_inline, unused, target("$ATTRIBUTE")))
#define vexp2_scale$T 1.0f                      /* 2^x is this times vexp2(x) */

typedef __m256 vec$T;
typedef __m256i ivec$T;
typedef __m256i mask$T;

OP$T vec$T vzero$T(void)                                 { return _mm256_setzero_ps(); }
OP$T vec$T vset$T(float x)                               { return _mm256_set1_ps(x); }
OP$T vec$T vload$T(const float *p)                       { return _mm256_loadu_ps(p); }
OP$T void vstore$T(float *p, vec$T a)                    { _mm256_storeu_ps(p, a); }
OP$T vec$T vadd$T(vec$T a, vec$T b)                      { return _mm256_add_ps(a, b); }
OP$T vec$T vsub$T(vec$T a, vec$T b)                      { return _mm256_sub_ps(a, b); }
OP$T vec$T vmul$T(vec$T a, vec$T b)                      { return _mm256_mul_ps(a, b); }
OP$T vec$T vfma$T(vec$T a, vec$T b, vec$T c)             { return _mm256_fmadd_ps(a, b, c); }
OP$T vec$T vmax$T(vec$T a, vec$T b)                      { return _mm256_max_ps(a, b); }
OP$T vec$T vdiv$T(vec$T a, vec$T b)                      { return _mm256_div_ps(a, b); }
OP$T vec$T vmin$T(vec$T a, vec$T b)                      { return _mm256_min_ps(a, b); }
OP$T vec$T vabs$T(vec$T a)                               { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
OP$T vec$T vfloor$T(vec$T a)                             { return _mm256_floor_ps(a); }
OP$T vec$T vsqrt$T(vec$T a)                              { return _mm256_sqrt_ps(a); }
OP$T vec$T vfromi$T(ivec$T a)                            { return _mm256_cvtepi32_ps(a); }
OP$T vec$T vfromi_low4$T(ivec$T a)                       { return _mm256_cvtepi32_ps(_mm256_and_si256(a, _mm256_set1_epi32(15))); }
OP$T mask$T veq$T(vec$T a, vec$T b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
OP$T mask$T vlt$T(vec$T a, vec$T b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
OP$T mask$T vle$T(vec$T a, vec$T b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LE_OQ)); }
OP$T vec$T vtable$T(const float *table, ivec$T i)        { return _mm256_i32gather_ps(table, i, 4); }
OP$T ivec$T vbits$T(vec$T a)                             { return _mm256_castps_si256(a); }
OP$T vec$T vfrombits$T(ivec$T a)                         { return _mm256_castsi256_ps(a); }
OP$T mask$T vgreater$T(vec$T a, vec$T b)                 { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
OP$T vec$T vselect$T(mask$T m, vec$T a, vec$T b)         { return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(m)); }
OP$T float vfirst$T(vec$T a)                             { return _mm256_cvtss_f32(a); }

OP$T ivec$T iset$T(int32_t x)                            { return _mm256_set1_epi32(x); }
OP$T ivec$T iramp$T(int32_t x)                           { return _mm256_add_epi32(_mm256_set1_epi32(x), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
OP$T ivec$T iadd$T(ivec$T a, ivec$T b)                   { return _mm256_add_epi32(a, b); }
OP$T ivec$T isub$T(ivec$T a, ivec$T b)                   { return _mm256_sub_epi32(a, b); }
OP$T ivec$T imul$T(ivec$T a, ivec$T b)                   { return _mm256_mullo_epi32(a, b); }
OP$T ivec$T iabs$T(ivec$T a)                             { return _mm256_abs_epi32(a); }
OP$T ivec$T imin$T(ivec$T a, ivec$T b)                   { return _mm256_min_epi32(a, b); }
OP$T ivec$T imax$T(ivec$T a, ivec$T b)                   { return _mm256_max_epi32(a, b); }
OP$T ivec$T iselect$T(mask$T m, ivec$T a, ivec$T b)      { return _mm256_blendv_epi8(b, a, m); }
OP$T ivec$T itable$T(const int32_t *table, ivec$T i)     { return _mm256_i32gather_epi32(table, i, 4); }
OP$T ivec$T ihalf$T(ivec$T a)                            { return _mm256_srai_epi32(a, 1); }      /* floored */
OP$T ivec$T iexponent$T(ivec$T a)                        { return _mm256_srai_epi32(a, 23); }     /* of the bits of a float */
OP$T ivec$T iand$T(ivec$T a, ivec$T b)                   { return _mm256_and_si256(a, b); }
OP$T ivec$T ileft$T(ivec$T a, int bits)                  { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(bits)); }
OP$T ivec$T iright$T(ivec$T a, int bits)                 { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(bits)); }      /* zeros come in */
OP$T ivec$T iload_s8$T(const int8_t *p)                  { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)); }
OP$T ivec$T iload_u8$T(const uint8_t *p)                 { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)); }
OP$T ivec$T iload_u16$T(const uint16_t *p)               { return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP$T ivec$T iload_u32$T(const uint32_t *p)               { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
OP$T vec$T vload_half$T(const uint16_t *p)               { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP$T void vstore_half$T(uint16_t *p, vec$T a)            { _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT)); }
OP$T vec$T vload_bfloat$T(const uint16_t *p)             { return vfrombits$T(ileft$T(iload_u16$T(p), 16)); }      /* the upper halves of floats */
OP$T vec$T vpower$T(ivec$T n)                            { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23)); }      /* 2^n */
OP$T mask$T ieq$T(ivec$T a, ivec$T b)                    { return _mm256_cmpeq_epi32(a, b); }
OP$T mask$T ilt$T(ivec$T a, ivec$T b)                    { return _mm256_cmpgt_epi32(b, a); }
OP$T mask$T mset$T(int all)                              { return _mm256_set1_epi32(-(all != 0)); }
OP$T mask$T mand$T(mask$T a, mask$T b)                   { return _mm256_and_si256(a, b); }
OP$T mask$T mor$T(mask$T a, mask$T b)                    { return _mm256_or_si256(a, b); }
OP$T mask$T mnot$T(mask$T a)                             { return _mm256_xor_si256(a, _mm256_set1_epi32(-1)); }
OP$T int many$T(mask$T a)                                { return _mm256_movemask_ps(_mm256_castsi256_ps(a)) != 0; }
OP$T mask$T ile$T(ivec$T a, ivec$T b)                    { return mnot$T(ilt$T(b, a)); }

/* Integers of 0 to 65535. */
OP$T void istore_u16$T(uint16_t *p, ivec$T a)
{
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, a), 0x08);
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(words));
}

/* The upper halves of the lanes, two to a unit from half `first` on. */
OP$T void vstore_halves$T(float *units, int first, vec$T a)
{
    istore_u16$T((uint16_t *)(void *)(units + first / 2), _mm256_srli_epi32(_mm256_castps_si256(a), 16));
}

/* The first count lanes. */
OP$T void vstore_part$T(float *p, vec$T a, int count)
{
    _mm256_maskstore_ps(p, ilt$T(iramp$T(0), iset$T(count)), a);
}

/* The sum of all lanes, by halves. */
OP$T float vsum$T(vec$T a)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

OP$T float vlargest$T(vec$T a)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

/* Floored division, exact: a quotient of two 32-bit integers differs from a whole number by more than a double's rounding. */
OP$T ivec$T idiv$T(ivec$T a, ivec$T b)
{
    const __m256d low = _mm256_div_pd(_mm256_cvtepi32_pd(_mm256_castsi256_si128(a)), _mm256_cvtepi32_pd(_mm256_castsi256_si128(b)));
    const __m256d high = _mm256_div_pd(_mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1)), _mm256_cvtepi32_pd(_mm256_extracti128_si256(b, 1)));
    return _mm256_set_m128i(_mm256_cvtpd_epi32(_mm256_floor_pd(high)), _mm256_cvtpd_epi32(_mm256_floor_pd(low)));
}

OP$T ivec$T imod$T(ivec$T a, ivec$T b)                   { return isub$T(a, imul$T(idiv$T(a, b), b)); }

/* Four floats each of the rows first and first + 4. */
OP$T vec$T vload_halves$T(const float *first, int64_t stride)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(first)), _mm_loadu_ps(first + 4 * stride), 1);
}

/* to[j][i] = from[i][j] for a square of as many rows as lanes; strides in floats. */
OP$T void vtranspose$T(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    for (int j = 0; j < 8; j += 4, from += 4, to += 4 * to_stride) {
% for i = 0, 3 do
        const vec$T rows$i = vload_halves$T(from + $i * from_stride, from_stride);
% end
% for i = 0, 3, 2 do
        const vec$T low$i = _mm256_unpacklo_ps(rows$i, rows$(i + 1)), high$i = _mm256_unpackhi_ps(rows$i, rows$(i + 1));
% end
        vstore$T(to, _mm256_shuffle_ps(low0, low2, 0x44));
        vstore$T(to + to_stride, _mm256_shuffle_ps(low0, low2, 0xee));
        vstore$T(to + 2 * to_stride, _mm256_shuffle_ps(high0, high2, 0x44));
        vstore$T(to + 3 * to_stride, _mm256_shuffle_ps(high0, high2, 0xee));
    }
}

/*
** 2^x / vexp2_scale for x up to 100; below -120 it is that of -120. A table of 2^(i/8) and a cubic by Horner.
** Relative error 1e-7.
*/
OP$T vec$T vexp2$T(vec$T x)
{
    const __m256i table = _mm256_sub_epi32(_mm256_castps_si256(_mm256_setr_ps(1.0f, 1.09050773f, 1.18920712f, 1.29683955f, 1.41421356f, 1.54221083f, 1.68179283f, 1.83400809f)),
                                           _mm256_slli_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), 20));
    x = _mm256_max_ps(x, _mm256_set1_ps(-120.0f));
    const __m256 shifted = _mm256_add_ps(x, _mm256_set1_ps(1572864.0f));      /* 1.5 * 2^20: rounds x to eighths */
    const __m256 f = _mm256_sub_ps(x, _mm256_sub_ps(shifted, _mm256_set1_ps(1572864.0f)));
    const __m256i eighths = _mm256_castps_si256(shifted);
    const __m256 power = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_permutevar8x32_epi32(table, eighths), _mm256_slli_epi32(eighths, 20)));
    __m256 sum = _mm256_fmadd_ps(f, _mm256_set1_ps(0.0554989014f), _mm256_set1_ps(0.240264077f));
    sum = _mm256_fmadd_ps(f, sum, _mm256_set1_ps(0.693147221f));
    return _mm256_mul_ps(_mm256_fmadd_ps(f, sum, _mm256_set1_ps(1.0f)), power);
}

OP$T vec$T vexp2_exact$T(vec$T x)                        { return vmul$T(vexp2$T(x), vset$T(vexp2_scale$T)); }
]]
products = [[
OP$T ivec$T idot_int8$T(ivec$T k, ivec$T q, ivec$T sum)
{
    const __m256i even = _mm256_madd_epi16(_mm256_and_si256(k, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(q, 8), 8));
    return _mm256_add_epi32(_mm256_add_epi32(sum, even), _mm256_madd_epi16(_mm256_srli_epi16(k, 8), _mm256_srai_epi16(q, 8)));
}
]]
