/*
** windowed.c: attention kernels of the model windowed.
** Made by attngen 0.1 from windowed.lua; do not edit.
**
**   attention
**     softmax heads=4 kv_heads=2 d_k=32 d_v=20 scale=0.17677669529663687 mask="k <= q and q - k <= 15" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32
**
**   attention on avx2
**     prefill  online softmax, scores lanes=queries 4 keys x 24 queries, o lanes=d_v 6 queries x 16, tile 24 queries x 64 keys, segment 1024, 16 of 16 registers, 28 KiB
**     decode   split keys, scores lanes=keys 2 heads x 16 keys, o lanes=d_v, tile 2 heads x 64 keys, segment 1024, 7 of 16 registers, 17 KiB
**     append   split keys, at most 32 queries, scores lanes=keys 4 rows x 16 keys, o lanes=d_v 4 rows x 16, 11 of 16 registers
**
**   targets avx2
**   digest  b50fe174da55ff8a   (of all that follows this comment)
**
** The numbers of a query do not depend on the phase, on how a prompt was cut into chunks, on its
** neighbours or on the number of threads: a score is one FMA chain over d, a tile's
** weights are summed by one fixed tree, o is one FMA chain over the keys of a
** segment, segments start at fixed places and merge from left to right.
*/
#include "windowed.h"

/* Results must not change with the user's flags: no fused operation that is not written here. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile windowed.c without -ffast-math and -ffinite-math-only: online softmax needs infinities"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
/* A mask may compare the same value twice in ways that exclude each other. */
#pragma clang diagnostic ignored "-Wtautological-overlap-compare"
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off,no-tree-loop-distribute-patterns")     /* no fusing; no calls of memmove for loops that copy */
#endif

/* The two functions of C that compilers call by themselves anyway. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

enum { SEES_NONE, SEES_SOME, SEES_ALL };   /* what a tile's queries see of its keys */

/* What a mask may ask for besides q and k. */
struct attn_view { int32_t h, b, q_len, kv_len; };

static struct attn_view attn_view_of(const struct attn_args *args, int32_t b, int32_t h)
{
    const struct attn_view view = { h, b, args->sequence[b].q_len, args->sequence[b].kv_len };
    return view;
}

#define ATTN_HIDDEN (-__builtin_inff())     /* the score of a key that a query does not see */
#define ATTN_LOWEST (-3.0e38f)
#define ATTN_LAZY   8.0f                    /* a maximum moves when it grew by more, in log2 */
#define ATTN_FETCH(p) __builtin_prefetch(p, 0, 2)   /* into the second-level cache: 20 % of decode; a hint, which may lie behind all caches */
#define ATTN_FETCH_NEAR(p) __builtin_prefetch(p, 0, 3)   /* into the first-level cache: 3 % of prefill */
#define ATTN_LOG2E  1.44269504088896340736f
#define ATTN_LN2    0.69314718055994530942

/* ln x for x > 0: x = 2^e m with m near 1, and ln m = 2 artanh((m - 1) / (m + 1)). */
static double attn_log(float x)
{
    const double wide = x;
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    int e = (int)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356) {
        m *= 0.5;
        e++;
    }
    const double t = (m - 1.0) / (m + 1.0), square = t * t;
    double sum = 0.0;
    for (int n = 19; n > 0; n -= 2)
        sum = sum * square + 2.0 / n;
    return e * ATTN_LN2 + t * sum;
}

/*
** sin and cos of an angle up to 2^28 in size. pi/2 is taken off in two parts, of which the
** first has 25 bits, so that its multiples are exact; the rest is a Taylor series.
*/
static void attn_sincos(double angle, double *sine, double *cosine)
{
    const double turns = angle * 0.63661977236758134308;      /* 2 / pi */
    const int64_t quarter = (int64_t)(turns < 0.0 ? turns - 0.5 : turns + 0.5);
    const double rest = angle - (double)quarter * 1.57079631090164184570;
    const double r = rest - (double)quarter * 1.58932547735281966916e-08;
    const double square = r * r;
    double s = 1.0, c = 1.0;
    for (int n = 16; n > 0; n -= 2) {
        s = 1.0 - s * square / (n * (n + 1));
        c = 1.0 - c * square / (n * (n - 1));
    }
    s *= r;
    *sine = quarter & 1 ? c : s;
    *cosine = quarter & 1 ? s : c;
    if (quarter & 2)
        *sine = -*sine;
    if ((quarter + 1) & 2)
        *cosine = -*cosine;
}

#if defined(__x86_64__)
struct cpu_registers { uint32_t a, b, c, d; };

static struct cpu_registers cpu_id(uint32_t leaf)
{
    struct cpu_registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
}

/* Whether the operating system saves the registers of mask (XCR0). */
static int cpu_saves(uint32_t mask)
{
    uint32_t low, high;
    if ((cpu_id(1).c >> 27 & 1) == 0)          /* no xgetbv */
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & mask) == mask;
}

/* AVX2, FMA and F16C. */
static int cpu_has_avx2(void)
{
    const uint32_t one = 1, needed = one << 12 | one << 29;
    return cpu_id(0).a >= 7 && cpu_saves(0x6) && (cpu_id(1).c & needed) == needed &&
           (cpu_id(7).b >> 5 & 1) != 0;
}

#endif

static float f32_store(float x)      { return x; }
static float f32_value(float stored) { return stored; }

/*
** Definition attention: what all targets share.
** softmax heads=4 kv_heads=2 d_k=32 d_v=20 scale=0.17677669529663687 mask="k <= q and q - k <= 15" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32
*/
enum {
    HEADS_attention    = 4,
    KV_HEADS_attention = 2,
    GROUP_attention    = 2,      /* query heads that share a KV head: head h reads KV head h / GROUP */
    D_K_attention      = 32,
    D_V_attention      = 20,
    V_ROW_attention    = 32       /* values of a cached row of V: D_V, padded to whole vectors */
};

/* The KV head that a query head reads. */
static int32_t kv_of_attention(int32_t head)
{
    return head / GROUP_attention;
}

/* What the queries q_first .. q_last see of the keys k_first .. k_last: "k <= q and q - k <= 15". */
static int sight_attention(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last,
                   const struct attn_view *view)
{
    (void)view;
    if (k_first > q_last || q_first - k_last > 15)
        return 0;
    return k_last <= q_first && q_last - k_first <= 15 ? 2 : 1;
}

/* Narrows keys *first .. *last to those that one of the queries q_first .. q_last may see. */
static void visible_keys_attention(int32_t q_first, int32_t q_last, const struct attn_view *view,
                           int32_t *k_first, int32_t *k_last)
{
    (void)view;
    if (*k_last > q_last)
        *k_last = q_last;
    if (*k_first < q_first - 15)
        *k_first = q_first - 15;
}

/* The inverse frequencies of the rotation: 10000.0 ^ (-2 i / 32). */
static const double frequency_attention[16] = {
    1.0,
    0.56234132519034907,
    0.31622776601683794,
    0.17782794100389229,
    0.10000000000000001,
    0.056234132519034911,
    0.031622776601683791,
    0.017782794100389229,
    0.01,
    0.005623413251903491,
    0.0031622776601683794,
    0.0017782794100389228,
    0.001,
    0.0005623413251903491,
    0.00031622776601683794,
    0.00017782794100389227,
};

/* Rows of 16 cosines and 16 sines, the angles in double. */
static void rotation_attention(const int32_t *position, int64_t rows, float *rotation)
{
    for (int64_t row = 0; row < rows; row++, rotation += 32)
        for (int i = 0; i < 16; i++) {
            double sine, cosine;
            attn_sincos(position[row] * frequency_attention[i], &sine, &cosine);
            rotation[i] = (float)cosine;
            rotation[16 + i] = (float)sine;
        }
}

/* Turns the pairs (i, i + 16) of a row by their angles. */
static void rotate_attention(const float *restrict from, const float *restrict rotation, float *restrict to)
{
    for (int i = 0; i < 16; i++) {
        const float x = from[i], y = from[i + 16], cosine = rotation[i], sine = rotation[16 + i];
        to[i] = x * cosine - y * sine;
        to[i + 16] = x * sine + y * cosine;
    }
}

/* One query, rotated, times the scale of q k and 1 / ln 2, since weights are powers of two. */
static void query_row_attention(const struct attn_args *args, int64_t row, int32_t head, float *restrict q)
{
    const float *from = (const float *)args->q + row * args->q_stride + head * args->q_head_stride;
    rotate_attention(from, args->q_rotation + row * 32, q);
    for (int d = 0; d < D_K_attention; d++)
        q[d] *= 0.25503486f;
}

enum {
    PANEL_attention    = 16,      /* keys whose K is interleaved */
    V_STRIP_attention  = 16,      /* columns of V that lie together, key after key */
    BLOCK_attention    = 64       /* keys of a block: whole tiles */
};

/* Keys of one KV head that lie together: K as panels of interleaved keys, then V as strips of columns, each followed by what scales it. */
struct block_attention {
    float k[BLOCK_attention / PANEL_attention][32][PANEL_attention];
    float v[V_ROW_attention / V_STRIP_attention][64][V_STRIP_attention];
};

/* The cache: for each KV head its blocks, one after another. */
static struct block_attention *cache_piece_attention(const struct attn_sequence *sequence, int32_t kv_head, int32_t block)
{
    const int64_t blocks = (sequence->capacity + BLOCK_attention - 1) / BLOCK_attention;
    return (struct block_attention *)sequence->cache + kv_head * blocks + block;
}

static size_t cache_bytes_attention(int64_t capacity)
{
    const int64_t blocks = (capacity + BLOCK_attention - 1) / BLOCK_attention;
    return (size_t)blocks * KV_HEADS_attention * sizeof(struct block_attention);
}
/* The block of the tile at key0. */
static const struct block_attention *tile_block_attention(const struct attn_sequence *sequence, int32_t kv_head, int32_t key0)
{
    return cache_piece_attention(sequence, kv_head, key0 / BLOCK_attention);
}

/* A key, rotated, into its place. */
static void store_key_attention(struct block_attention *piece, int32_t place, const float *restrict k)
{
    const int panel = place % BLOCK_attention / PANEL_attention, lane = place % PANEL_attention;
    for (int d = 0; d < D_K_attention; d++)
        piece->k[panel][d][lane] = f32_store(k[d]);
}

static void store_value_attention(struct block_attention *piece, int32_t place, const float *restrict v)
{
    const int row = place % BLOCK_attention;
    for (int d = 0; d < D_V_attention; d++)
        piece->v[d / V_STRIP_attention][row][d % V_STRIP_attention] = f32_store(v[d]);
    for (int d = D_V_attention; d < V_ROW_attention; d++)
        piece->v[d / V_STRIP_attention][row][d % V_STRIP_attention] = 0;
}

/* Numbers first .. end - 1 of a key as it is stored. */
static void read_part_attention(const struct block_attention *piece, int32_t place, int first, int end, float *restrict k)
{
    const int panel = place % BLOCK_attention / PANEL_attention, lane = place % PANEL_attention;
    for (int d = first; d < end; d++) {
        k[d - first] = f32_value(piece->k[panel][d][lane]);
    }
}

static void read_key_attention(const struct block_attention *piece, int32_t place, float *restrict k)
{
    read_part_attention(piece, place, 0, D_K_attention, k);
}

/* Columns first .. end - 1 of a value. */
static void read_value_attention(const struct block_attention *piece, int32_t place, int first, int end, float *restrict v)
{
    const int row = place % BLOCK_attention;
    for (int d = first; d < end; d++)
        v[d - first] = f32_value(piece->v[d / V_STRIP_attention][row][d % V_STRIP_attention]);
}

/* One key, as floats, rotated. */
static void key_row_attention(const struct attn_args *args, int64_t row, int32_t kv_head, float *restrict to)
{
    const float *k = (const float *)args->k + row * args->k_stride + kv_head * args->k_head_stride;
    rotate_attention(k, args->k_rotation + row * 32, to);
}

/* Tasks count sequences, then KV heads. */
static void write_run_attention(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct attn_sequence *sequence = &args->sequence[task / KV_HEADS_attention];
    const int32_t kv_head = (int32_t)(task % KV_HEADS_attention), start = sequence->kv_len - sequence->k_len;
    (void)pass;
    for (int32_t i = 0; i < sequence->k_len; i++) {
        const int64_t row = sequence->k_row + i;
        struct block_attention *piece = cache_piece_attention(sequence, kv_head, (start + i) / BLOCK_attention);
        key_row_attention(args, row, kv_head, scratch);
        store_key_attention(piece, start + i, scratch);
        store_value_attention(piece, start + i, (const float *)args->v + row * args->v_stride + kv_head * args->v_head_stride);
    }
}

static int64_t write_tasks_attention(const struct attn_args *args, int pass)
{
    return pass == 0 ? (int64_t)args->sequences * KV_HEADS_attention : 0;
}

static size_t write_workspace_bytes_attention(const struct attn_args *args)
{
    (void)args;
    return 0;
}

static void read_attention(const struct attn_sequence *sequence, int32_t kv_head, int32_t first,
                   int32_t count, float *k, float *v)
{
    for (int32_t i = 0; i < count; i++) {
        const struct block_attention *piece = cache_piece_attention(sequence, kv_head, (first + i) / BLOCK_attention);
        read_key_attention(piece, first + i, k + (int64_t)i * D_K_attention);
        read_value_attention(piece, first + i, 0, D_V_attention, v + (int64_t)i * D_V_attention);
    }
}

static void store_attention(const struct attn_sequence *sequence, int32_t kv_head, int32_t first,
                    int32_t count, const float *k, const float *v)
{
    for (int32_t i = 0; i < count; i++) {
        struct block_attention *piece = cache_piece_attention(sequence, kv_head, (first + i) / BLOCK_attention);
        store_key_attention(piece, first + i, k + (int64_t)i * D_K_attention);
        store_value_attention(piece, first + i, v + (int64_t)i * D_V_attention);
    }
}

/* Target avx2 --------------------------------------------------------------------------- */

#if defined(__x86_64__)

#include <immintrin.h>

#define KERNEL_avx2 static __attribute__((noinline, target("avx2,fma,f16c")))
#define OP_avx2 static inline __attribute__((always_inline, unused, target("avx2,fma,f16c")))
#define vexp2_scale_avx2 1.0f                      /* 2^x is this times vexp2(x) */

typedef __m256 vec_avx2;
typedef __m256i ivec_avx2;
typedef __m256i mask_avx2;

OP_avx2 vec_avx2 vzero_avx2(void)                                 { return _mm256_setzero_ps(); }
OP_avx2 vec_avx2 vset_avx2(float x)                               { return _mm256_set1_ps(x); }
OP_avx2 vec_avx2 vload_avx2(const float *p)                       { return _mm256_loadu_ps(p); }
OP_avx2 void vstore_avx2(float *p, vec_avx2 a)                    { _mm256_storeu_ps(p, a); }
OP_avx2 vec_avx2 vadd_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_add_ps(a, b); }
OP_avx2 vec_avx2 vsub_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_sub_ps(a, b); }
OP_avx2 vec_avx2 vmul_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_mul_ps(a, b); }
OP_avx2 vec_avx2 vfma_avx2(vec_avx2 a, vec_avx2 b, vec_avx2 c)             { return _mm256_fmadd_ps(a, b, c); }
OP_avx2 vec_avx2 vmax_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_max_ps(a, b); }
OP_avx2 vec_avx2 vdiv_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_div_ps(a, b); }
OP_avx2 vec_avx2 vmin_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_min_ps(a, b); }
OP_avx2 vec_avx2 vabs_avx2(vec_avx2 a)                               { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
OP_avx2 vec_avx2 vfloor_avx2(vec_avx2 a)                             { return _mm256_floor_ps(a); }
OP_avx2 vec_avx2 vsqrt_avx2(vec_avx2 a)                              { return _mm256_sqrt_ps(a); }
OP_avx2 vec_avx2 vfromi_avx2(ivec_avx2 a)                            { return _mm256_cvtepi32_ps(a); }
OP_avx2 vec_avx2 vfromi_low4_avx2(ivec_avx2 a)                       { return _mm256_cvtepi32_ps(_mm256_and_si256(a, _mm256_set1_epi32(15))); }
OP_avx2 mask_avx2 veq_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
OP_avx2 mask_avx2 vlt_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
OP_avx2 mask_avx2 vle_avx2(vec_avx2 a, vec_avx2 b)                      { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LE_OQ)); }
OP_avx2 vec_avx2 vtable_avx2(const float *table, ivec_avx2 i)        { return _mm256_i32gather_ps(table, i, 4); }
OP_avx2 ivec_avx2 vbits_avx2(vec_avx2 a)                             { return _mm256_castps_si256(a); }
OP_avx2 vec_avx2 vfrombits_avx2(ivec_avx2 a)                         { return _mm256_castsi256_ps(a); }
OP_avx2 mask_avx2 vgreater_avx2(vec_avx2 a, vec_avx2 b)                 { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
OP_avx2 vec_avx2 vselect_avx2(mask_avx2 m, vec_avx2 a, vec_avx2 b)         { return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(m)); }
OP_avx2 float vfirst_avx2(vec_avx2 a)                             { return _mm256_cvtss_f32(a); }

OP_avx2 ivec_avx2 iset_avx2(int32_t x)                            { return _mm256_set1_epi32(x); }
OP_avx2 ivec_avx2 iramp_avx2(int32_t x)                           { return _mm256_add_epi32(_mm256_set1_epi32(x), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
OP_avx2 ivec_avx2 iadd_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_add_epi32(a, b); }
OP_avx2 ivec_avx2 isub_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_sub_epi32(a, b); }
OP_avx2 ivec_avx2 imul_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_mullo_epi32(a, b); }
OP_avx2 ivec_avx2 iabs_avx2(ivec_avx2 a)                             { return _mm256_abs_epi32(a); }
OP_avx2 ivec_avx2 imin_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_min_epi32(a, b); }
OP_avx2 ivec_avx2 imax_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_max_epi32(a, b); }
OP_avx2 ivec_avx2 iselect_avx2(mask_avx2 m, ivec_avx2 a, ivec_avx2 b)      { return _mm256_blendv_epi8(b, a, m); }
OP_avx2 ivec_avx2 itable_avx2(const int32_t *table, ivec_avx2 i)     { return _mm256_i32gather_epi32(table, i, 4); }
OP_avx2 ivec_avx2 ihalf_avx2(ivec_avx2 a)                            { return _mm256_srai_epi32(a, 1); }      /* floored */
OP_avx2 ivec_avx2 iexponent_avx2(ivec_avx2 a)                        { return _mm256_srai_epi32(a, 23); }     /* of the bits of a float */
OP_avx2 ivec_avx2 iand_avx2(ivec_avx2 a, ivec_avx2 b)                   { return _mm256_and_si256(a, b); }
OP_avx2 ivec_avx2 ileft_avx2(ivec_avx2 a, int bits)                  { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(bits)); }
OP_avx2 ivec_avx2 iright_avx2(ivec_avx2 a, int bits)                 { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(bits)); }      /* zeros come in */
OP_avx2 ivec_avx2 iload_s8_avx2(const int8_t *p)                  { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)); }
OP_avx2 ivec_avx2 iload_u8_avx2(const uint8_t *p)                 { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)); }
OP_avx2 ivec_avx2 iload_u16_avx2(const uint16_t *p)               { return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP_avx2 ivec_avx2 iload_u32_avx2(const uint32_t *p)               { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
OP_avx2 vec_avx2 vload_half_avx2(const uint16_t *p)               { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP_avx2 void vstore_half_avx2(uint16_t *p, vec_avx2 a)            { _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT)); }
OP_avx2 vec_avx2 vload_bfloat_avx2(const uint16_t *p)             { return vfrombits_avx2(ileft_avx2(iload_u16_avx2(p), 16)); }      /* the upper halves of floats */
OP_avx2 vec_avx2 vpower_avx2(ivec_avx2 n)                            { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23)); }      /* 2^n */
OP_avx2 mask_avx2 ieq_avx2(ivec_avx2 a, ivec_avx2 b)                    { return _mm256_cmpeq_epi32(a, b); }
OP_avx2 mask_avx2 ilt_avx2(ivec_avx2 a, ivec_avx2 b)                    { return _mm256_cmpgt_epi32(b, a); }
OP_avx2 mask_avx2 mset_avx2(int all)                              { return _mm256_set1_epi32(-(all != 0)); }
OP_avx2 mask_avx2 mand_avx2(mask_avx2 a, mask_avx2 b)                   { return _mm256_and_si256(a, b); }
OP_avx2 mask_avx2 mor_avx2(mask_avx2 a, mask_avx2 b)                    { return _mm256_or_si256(a, b); }
OP_avx2 mask_avx2 mnot_avx2(mask_avx2 a)                             { return _mm256_xor_si256(a, _mm256_set1_epi32(-1)); }
OP_avx2 int many_avx2(mask_avx2 a)                                { return _mm256_movemask_ps(_mm256_castsi256_ps(a)) != 0; }
OP_avx2 mask_avx2 ile_avx2(ivec_avx2 a, ivec_avx2 b)                    { return mnot_avx2(ilt_avx2(b, a)); }

/* Integers of 0 to 65535. */
OP_avx2 void istore_u16_avx2(uint16_t *p, ivec_avx2 a)
{
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, a), 0x08);
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(words));
}

/* The upper halves of the lanes, two to a unit from half `first` on. */
OP_avx2 void vstore_halves_avx2(float *units, int first, vec_avx2 a)
{
    istore_u16_avx2((uint16_t *)(void *)(units + first / 2), _mm256_srli_epi32(_mm256_castps_si256(a), 16));
}

/* The first count lanes. */
OP_avx2 void vstore_part_avx2(float *p, vec_avx2 a, int count)
{
    _mm256_maskstore_ps(p, ilt_avx2(iramp_avx2(0), iset_avx2(count)), a);
}

/* The sum of all lanes, by halves. */
OP_avx2 float vsum_avx2(vec_avx2 a)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

OP_avx2 float vlargest_avx2(vec_avx2 a)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

/* Floored division, exact: a quotient of two 32-bit integers differs from a whole number by more than a double's rounding. */
OP_avx2 ivec_avx2 idiv_avx2(ivec_avx2 a, ivec_avx2 b)
{
    const __m256d low = _mm256_div_pd(_mm256_cvtepi32_pd(_mm256_castsi256_si128(a)), _mm256_cvtepi32_pd(_mm256_castsi256_si128(b)));
    const __m256d high = _mm256_div_pd(_mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1)), _mm256_cvtepi32_pd(_mm256_extracti128_si256(b, 1)));
    return _mm256_set_m128i(_mm256_cvtpd_epi32(_mm256_floor_pd(high)), _mm256_cvtpd_epi32(_mm256_floor_pd(low)));
}

OP_avx2 ivec_avx2 imod_avx2(ivec_avx2 a, ivec_avx2 b)                   { return isub_avx2(a, imul_avx2(idiv_avx2(a, b), b)); }

/* Four floats each of the rows first and first + 4. */
OP_avx2 vec_avx2 vload_halves_avx2(const float *first, int64_t stride)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(first)), _mm_loadu_ps(first + 4 * stride), 1);
}

/* to[j][i] = from[i][j] for a square of as many rows as lanes; strides in floats. */
OP_avx2 void vtranspose_avx2(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    for (int j = 0; j < 8; j += 4, from += 4, to += 4 * to_stride) {
        const vec_avx2 rows0 = vload_halves_avx2(from + 0 * from_stride, from_stride);
        const vec_avx2 rows1 = vload_halves_avx2(from + 1 * from_stride, from_stride);
        const vec_avx2 rows2 = vload_halves_avx2(from + 2 * from_stride, from_stride);
        const vec_avx2 rows3 = vload_halves_avx2(from + 3 * from_stride, from_stride);
        const vec_avx2 low0 = _mm256_unpacklo_ps(rows0, rows1), high0 = _mm256_unpackhi_ps(rows0, rows1);
        const vec_avx2 low2 = _mm256_unpacklo_ps(rows2, rows3), high2 = _mm256_unpackhi_ps(rows2, rows3);
        vstore_avx2(to, _mm256_shuffle_ps(low0, low2, 0x44));
        vstore_avx2(to + to_stride, _mm256_shuffle_ps(low0, low2, 0xee));
        vstore_avx2(to + 2 * to_stride, _mm256_shuffle_ps(high0, high2, 0x44));
        vstore_avx2(to + 3 * to_stride, _mm256_shuffle_ps(high0, high2, 0xee));
    }
}

/*
** 2^x / vexp2_scale for x up to 100; below -120 it is that of -120. A table of 2^(i/8) and a cubic by Horner.
** Relative error 1e-7.
*/
OP_avx2 vec_avx2 vexp2_avx2(vec_avx2 x)
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

OP_avx2 vec_avx2 vexp2_exact_avx2(vec_avx2 x)                        { return vmul_avx2(vexp2_avx2(x), vset_avx2(vexp2_scale_avx2)); }

OP_avx2 vec_avx2 vload_f32_avx2(const float *p)                   { return vload_avx2(p); }

/* Definition attention on avx2. */
enum {
    TILE_attention_avx2     = 64,        /* keys whose weights are computed together; a block holds whole tiles */
    PARTIALS_attention_avx2 = 16,    /* partial sums of a tile's weights: of keys so far apart */
    SEGMENT_attention_avx2  = 1024      /* keys of one partial result; they start at its multiples */
};

/* Which of the queries q see key k. */
OP_avx2 mask_avx2 sees_queries_attention_avx2(ivec_avx2 q, int32_t k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    if (k >= kv_len)
        return mset_avx2(0);
    return mand_avx2(ile_avx2(iset_avx2(k), q), ile_avx2(isub_avx2(q, iset_avx2(k)), iset_avx2(15)));
}

/* Which of the keys k query q sees. */
OP_avx2 mask_avx2 sees_keys_attention_avx2(int32_t q, ivec_avx2 k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    return mand_avx2(ilt_avx2(k, iset_avx2(kv_len)), mand_avx2(ile_avx2(k, iset_avx2(q)), ile_avx2(isub_avx2(iset_avx2(q), k), iset_avx2(15))));
}

/* The weight of a score, in log2, relative to m. */
OP_avx2 vec_avx2 weight_attention_avx2(vec_avx2 s, vec_avx2 m)
{
    return vexp2_avx2(vsub_avx2(s, m));
}

/*
** Adds a segment's (m, l, o) of one query to the total of those before. A segment without
** a visible key adds nothing. The factor of the larger m is 1: what vexp2_exact makes of 0 is
** wrong by up to 6e-7, always to the same side, which hundreds of segments would add up.
*/
KERNEL_avx2 void merge_attention_avx2(float m, float l, const float *restrict o,
    float *m_total, float *l_total, float *restrict o_total)
{
    if (l == 0.0f)
        return;
    if (*l_total == 0.0f) {
        *m_total = m;
        *l_total = l;
        memcpy(o_total, o, V_ROW_attention * sizeof(float));
        return;
    }
    const int grows = m > *m_total;
    const vec_avx2 factor = vexp2_exact_avx2(vset_avx2(grows ? *m_total - m : m - *m_total));
    const vec_avx2 old = grows ? factor : vset_avx2(1.0f), new = grows ? vset_avx2(1.0f) : factor;
    *m_total = grows ? m : *m_total;
    *l_total = vfirst_avx2(vfma_avx2(vset_avx2(l), new, vmul_avx2(vset_avx2(*l_total), old)));
    for (int d = 0; d < V_ROW_attention; d += 8)
        vstore_avx2(o_total + d, vfma_avx2(vload_avx2(o + d), new, vmul_avx2(vload_avx2(o_total + d), old)));
}

/* One row of two results: weighted by e^(lse - top), top the larger lse, so that one weight is 1. */
KERNEL_avx2 void merge_row_attention_avx2(float *restrict o, float *lse, const float *restrict other_o, float other_lse)
{
    const float top = *lse > other_lse ? *lse : other_lse;
    const float least = *lse > other_lse ? other_lse : *lse;
    const float factor = vfirst_avx2(vexp2_exact_avx2(vset_avx2((least - top) * ATTN_LOG2E))), sum = 1.0f + factor;
    const float own = *lse > other_lse ? 1.0f : factor, other = *lse > other_lse ? factor : 1.0f;
    *lse = (float)(top + attn_log(sum));
    for (int d = 0; d < D_V_attention; d++)
        o[d] = (own * o[d] + other * other_o[d]) / sum;
}

/* Two results over keys that share none become one; a row that saw no key adds nothing. */
KERNEL_avx2 void merge_results_attention_avx2(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse)
{
    float *row = o;
    const float *other = other_o;
    for (int64_t i = 0; i < rows; i++, row += D_V_attention, other += D_V_attention) {
        if (other_lse[i] == ATTN_HIDDEN)
            continue;
        if (lse[i] == ATTN_HIDDEN) {
            memcpy(row, other, D_V_attention * sizeof *row);
            lse[i] = other_lse[i];
        } else
            merge_row_attention_avx2(row, &lse[i], other, other_lse[i]);
    }
}

/* What makes o of o_total: 1 / l, and 0 for a query that saw no key; and lse. */
OP_avx2 float finish_factor_attention_avx2(const struct attn_args *args, int64_t row, int32_t head, float m, float l)
{
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] =
            l > 0.0f ? (float)(m * ATTN_LN2 + attn_log(l * vexp2_scale_avx2)) : ATTN_HIDDEN;
    if (l == 0.0f)
        return 0.0f;
    return 1.0f / l;
}

/* A vector of columns of o. Adding 0 makes every zero positive: hidden keys could have turned the sign of one. */
OP_avx2 void finish_columns_attention_avx2(float *o, int column, vec_avx2 o_total, float factor)
{
    const vec_avx2 result = vadd_avx2(vmul_avx2(o_total, vset_avx2(factor)), vzero_avx2());
    if (column + 8 <= D_V_attention)
        vstore_avx2(o + column, result);
    else if (column < D_V_attention) {
        vstore_part_avx2(o + column, result, 4);
    }
}

/* The row of o of a query that saw no key: zeros. */
KERNEL_avx2 void finish_hidden_attention_avx2(const struct attn_sequence *sequence, int32_t head, float *restrict o)
{
    (void)sequence;
    (void)head;
    for (int d = 0; d < D_V_attention; d++)
        o[d] = 0.0f;
}

/* The row of o of one query, and its lse. */
KERNEL_avx2 void finish_attention_avx2(const struct attn_args *args, const struct attn_sequence *sequence, int64_t row, int32_t head,
    float m, float l, const float *restrict o_total)
{
    float *restrict o = (float *)args->o + row * args->o_stride + head * args->o_head_stride;
    const float factor = finish_factor_attention_avx2(args, row, head, m, l);
    if (l == 0.0f) {
        finish_hidden_attention_avx2(sequence, head, o);
        return;
    }
    for (int column = 0; column < D_V_attention; column += 8)
        finish_columns_attention_avx2(o, column, vload_avx2(o_total + column), factor);
}
/*
** Prefill, avx2: a block of 24 queries of one head walks the keys, a tile of 64 at
** a time. Scores have lanes = queries, so that the softmax needs no reduction across
** lanes and K is read as the cache stores it; o has lanes = d_v.
*/
enum {
    QUERIES_attention_avx2 = 24,      /* queries in a block */
    FAR_KEYS_attention_avx2 = 32768,   /* from so many keys on a head's K and V, 8 MiB, come from memory */
    APPEND_attention_avx2  = 32,      /* most queries of a sequence that goes by rows, as in decode */
    APPEND_KEYS_attention_avx2 = 8,    /* and its keys for each of them, at least */
    Q_ROW_attention_avx2   = 32       /* D_K, padded to whole vectors */
};

/* What the keys of a segment, or of the segments so far, come to for each query. */
struct prefill_state_attention_avx2 {
    float o[QUERIES_attention_avx2][V_ROW_attention];
    float m[QUERIES_attention_avx2], l[QUERIES_attention_avx2];        /* running maximum (log2) and sum */
};

/* Keys of a mixed tile, counted from its first one, that some query of each vector may see: first .. last. */
struct prefill_seen_attention_avx2 {
    int32_t first[3], last[3];
};

/* Where the results of a block's queries go, `apart` from query to query, and what makes them of o. */
struct prefill_results_attention_avx2 {
    float *o;
    int64_t apart;
    float factor[QUERIES_attention_avx2];
};

struct prefill_scratch_attention_avx2 {
    float q[Q_ROW_attention_avx2][QUERIES_attention_avx2];             /* transposed, rotated, scaled */
    float rows[8][Q_ROW_attention_avx2];             /* the same of a vector of queries, not yet transposed */
    float s[1][TILE_attention_avx2][QUERIES_attention_avx2];      /* scores of a tile, then weights p */
    struct prefill_seen_attention_avx2 seen[1];
    float sums[PARTIALS_attention_avx2][QUERIES_attention_avx2];       /* partial sums of p */
    struct prefill_state_attention_avx2 total, segment;   /* of the first segment and those merged with it; of a later one */
    struct prefill_state_attention_avx2 *state;           /* the one that is at work */
    struct prefill_results_attention_avx2 results;
    float tile_max[QUERIES_attention_avx2];
    float alpha[QUERIES_attention_avx2];                  /* what the last rescale multiplied by */
};

/* Where a block is: some queries of one sequence and one head. */
struct prefill_block_attention_avx2 {
    const struct attn_sequence *sequence;
    int64_t row;                 /* of its first query in q and o */
    int32_t queries, first;      /* how many, and the first one's place on the key axis */
    int32_t head;                /* of q and o */
    struct attn_view view;
};

/* Transposes the block's queries, rotated and scaled; lanes without a query are zero. */
KERNEL_avx2 void prefill_queries_attention_avx2(const struct attn_args *args, const struct prefill_block_attention_avx2 *block,
    struct prefill_scratch_attention_avx2 *t)
{
    for (int32_t lane = 0; lane < QUERIES_attention_avx2; lane += 8) {
        for (int32_t i = 0; i < 8; i++)
            if (lane + i < block->queries)
                query_row_attention(args, block->row + lane + i, block->head, t->rows[i]);
            else
                memset(t->rows[i], 0, sizeof t->rows[i]);
        for (int d = 0; d < Q_ROW_attention_avx2; d += 8)
            vtranspose_avx2(&t->rows[0][d], Q_ROW_attention_avx2, &t->q[d][lane], QUERIES_attention_avx2);
    }
}

/* s = q k for 8 keys x 8 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx2 void prefill_scores_1_attention_avx2(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx2 *restrict t, float (*restrict s)[QUERIES_attention_avx2])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx2 s0_0 = vzero_avx2();
    vec_avx2 s1_0 = vzero_avx2();
    vec_avx2 s2_0 = vzero_avx2();
    vec_avx2 s3_0 = vzero_avx2();
    vec_avx2 s4_0 = vzero_avx2();
    vec_avx2 s5_0 = vzero_avx2();
    vec_avx2 s6_0 = vzero_avx2();
    vec_avx2 s7_0 = vzero_avx2();
    for (int d = 0; d < 32; d += 2) {
        const vec_avx2 q0_0 = vload_avx2(&t->q[d + 0][lane + 0]);
        const vec_avx2 k0_0 = vset_avx2(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q0_0, k0_0, s0_0);
        const vec_avx2 k0_1 = vset_avx2(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q0_0, k0_1, s1_0);
        const vec_avx2 k0_2 = vset_avx2(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q0_0, k0_2, s2_0);
        const vec_avx2 k0_3 = vset_avx2(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q0_0, k0_3, s3_0);
        const vec_avx2 k0_4 = vset_avx2(panel[(d + 0) * PANEL_attention + 4]);
        s4_0 = vfma_avx2(q0_0, k0_4, s4_0);
        const vec_avx2 k0_5 = vset_avx2(panel[(d + 0) * PANEL_attention + 5]);
        s5_0 = vfma_avx2(q0_0, k0_5, s5_0);
        const vec_avx2 k0_6 = vset_avx2(panel[(d + 0) * PANEL_attention + 6]);
        s6_0 = vfma_avx2(q0_0, k0_6, s6_0);
        const vec_avx2 k0_7 = vset_avx2(panel[(d + 0) * PANEL_attention + 7]);
        s7_0 = vfma_avx2(q0_0, k0_7, s7_0);
        const vec_avx2 q1_0 = vload_avx2(&t->q[d + 1][lane + 0]);
        const vec_avx2 k1_0 = vset_avx2(panel[(d + 1) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
        const vec_avx2 k1_1 = vset_avx2(panel[(d + 1) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q1_0, k1_1, s1_0);
        const vec_avx2 k1_2 = vset_avx2(panel[(d + 1) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q1_0, k1_2, s2_0);
        const vec_avx2 k1_3 = vset_avx2(panel[(d + 1) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q1_0, k1_3, s3_0);
        const vec_avx2 k1_4 = vset_avx2(panel[(d + 1) * PANEL_attention + 4]);
        s4_0 = vfma_avx2(q1_0, k1_4, s4_0);
        const vec_avx2 k1_5 = vset_avx2(panel[(d + 1) * PANEL_attention + 5]);
        s5_0 = vfma_avx2(q1_0, k1_5, s5_0);
        const vec_avx2 k1_6 = vset_avx2(panel[(d + 1) * PANEL_attention + 6]);
        s6_0 = vfma_avx2(q1_0, k1_6, s6_0);
        const vec_avx2 k1_7 = vset_avx2(panel[(d + 1) * PANEL_attention + 7]);
        s7_0 = vfma_avx2(q1_0, k1_7, s7_0);
    }
    vstore_avx2(&s[key + 0][lane + 0], s0_0);
    vstore_avx2(&s[key + 1][lane + 0], s1_0);
    vstore_avx2(&s[key + 2][lane + 0], s2_0);
    vstore_avx2(&s[key + 3][lane + 0], s3_0);
    vstore_avx2(&s[key + 4][lane + 0], s4_0);
    vstore_avx2(&s[key + 5][lane + 0], s5_0);
    vstore_avx2(&s[key + 6][lane + 0], s6_0);
    vstore_avx2(&s[key + 7][lane + 0], s7_0);
}

/* s = q k for 4 keys x 16 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx2 void prefill_scores_2_attention_avx2(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx2 *restrict t, float (*restrict s)[QUERIES_attention_avx2])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx2 s0_0 = vzero_avx2();
    vec_avx2 s0_1 = vzero_avx2();
    vec_avx2 s1_0 = vzero_avx2();
    vec_avx2 s1_1 = vzero_avx2();
    vec_avx2 s2_0 = vzero_avx2();
    vec_avx2 s2_1 = vzero_avx2();
    vec_avx2 s3_0 = vzero_avx2();
    vec_avx2 s3_1 = vzero_avx2();
    for (int d = 0; d < 32; d += 2) {
        const vec_avx2 q0_0 = vload_avx2(&t->q[d + 0][lane + 0]);
        const vec_avx2 q0_1 = vload_avx2(&t->q[d + 0][lane + 8]);
        const vec_avx2 k0_0 = vset_avx2(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx2(q0_1, k0_0, s0_1);
        const vec_avx2 k0_1 = vset_avx2(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx2(q0_1, k0_1, s1_1);
        const vec_avx2 k0_2 = vset_avx2(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx2(q0_1, k0_2, s2_1);
        const vec_avx2 k0_3 = vset_avx2(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx2(q0_1, k0_3, s3_1);
        const vec_avx2 q1_0 = vload_avx2(&t->q[d + 1][lane + 0]);
        const vec_avx2 q1_1 = vload_avx2(&t->q[d + 1][lane + 8]);
        const vec_avx2 k1_0 = vset_avx2(panel[(d + 1) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
        s0_1 = vfma_avx2(q1_1, k1_0, s0_1);
        const vec_avx2 k1_1 = vset_avx2(panel[(d + 1) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q1_0, k1_1, s1_0);
        s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
        const vec_avx2 k1_2 = vset_avx2(panel[(d + 1) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q1_0, k1_2, s2_0);
        s2_1 = vfma_avx2(q1_1, k1_2, s2_1);
        const vec_avx2 k1_3 = vset_avx2(panel[(d + 1) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q1_0, k1_3, s3_0);
        s3_1 = vfma_avx2(q1_1, k1_3, s3_1);
    }
    vstore_avx2(&s[key + 0][lane + 0], s0_0);
    vstore_avx2(&s[key + 0][lane + 8], s0_1);
    vstore_avx2(&s[key + 1][lane + 0], s1_0);
    vstore_avx2(&s[key + 1][lane + 8], s1_1);
    vstore_avx2(&s[key + 2][lane + 0], s2_0);
    vstore_avx2(&s[key + 2][lane + 8], s2_1);
    vstore_avx2(&s[key + 3][lane + 0], s3_0);
    vstore_avx2(&s[key + 3][lane + 8], s3_1);
}

/* s = q k for 4 keys x 24 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx2 void prefill_scores_3_attention_avx2(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx2 *restrict t, float (*restrict s)[QUERIES_attention_avx2])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx2 s0_0 = vzero_avx2();
    vec_avx2 s0_1 = vzero_avx2();
    vec_avx2 s0_2 = vzero_avx2();
    vec_avx2 s1_0 = vzero_avx2();
    vec_avx2 s1_1 = vzero_avx2();
    vec_avx2 s1_2 = vzero_avx2();
    vec_avx2 s2_0 = vzero_avx2();
    vec_avx2 s2_1 = vzero_avx2();
    vec_avx2 s2_2 = vzero_avx2();
    vec_avx2 s3_0 = vzero_avx2();
    vec_avx2 s3_1 = vzero_avx2();
    vec_avx2 s3_2 = vzero_avx2();
    for (int d = 0; d < 32; d += 2) {
        const vec_avx2 q0_0 = vload_avx2(&t->q[d + 0][lane + 0]);
        const vec_avx2 q0_1 = vload_avx2(&t->q[d + 0][lane + 8]);
        const vec_avx2 q0_2 = vload_avx2(&t->q[d + 0][lane + 16]);
        const vec_avx2 k0_0 = vset_avx2(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx2(q0_1, k0_0, s0_1);
        s0_2 = vfma_avx2(q0_2, k0_0, s0_2);
        const vec_avx2 k0_1 = vset_avx2(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx2(q0_1, k0_1, s1_1);
        s1_2 = vfma_avx2(q0_2, k0_1, s1_2);
        const vec_avx2 k0_2 = vset_avx2(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx2(q0_1, k0_2, s2_1);
        s2_2 = vfma_avx2(q0_2, k0_2, s2_2);
        const vec_avx2 k0_3 = vset_avx2(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx2(q0_1, k0_3, s3_1);
        s3_2 = vfma_avx2(q0_2, k0_3, s3_2);
        const vec_avx2 q1_0 = vload_avx2(&t->q[d + 1][lane + 0]);
        const vec_avx2 q1_1 = vload_avx2(&t->q[d + 1][lane + 8]);
        const vec_avx2 q1_2 = vload_avx2(&t->q[d + 1][lane + 16]);
        const vec_avx2 k1_0 = vset_avx2(panel[(d + 1) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
        s0_1 = vfma_avx2(q1_1, k1_0, s0_1);
        s0_2 = vfma_avx2(q1_2, k1_0, s0_2);
        const vec_avx2 k1_1 = vset_avx2(panel[(d + 1) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q1_0, k1_1, s1_0);
        s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
        s1_2 = vfma_avx2(q1_2, k1_1, s1_2);
        const vec_avx2 k1_2 = vset_avx2(panel[(d + 1) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q1_0, k1_2, s2_0);
        s2_1 = vfma_avx2(q1_1, k1_2, s2_1);
        s2_2 = vfma_avx2(q1_2, k1_2, s2_2);
        const vec_avx2 k1_3 = vset_avx2(panel[(d + 1) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q1_0, k1_3, s3_0);
        s3_1 = vfma_avx2(q1_1, k1_3, s3_1);
        s3_2 = vfma_avx2(q1_2, k1_3, s3_2);
    }
    vstore_avx2(&s[key + 0][lane + 0], s0_0);
    vstore_avx2(&s[key + 0][lane + 8], s0_1);
    vstore_avx2(&s[key + 0][lane + 16], s0_2);
    vstore_avx2(&s[key + 1][lane + 0], s1_0);
    vstore_avx2(&s[key + 1][lane + 8], s1_1);
    vstore_avx2(&s[key + 1][lane + 16], s1_2);
    vstore_avx2(&s[key + 2][lane + 0], s2_0);
    vstore_avx2(&s[key + 2][lane + 8], s2_1);
    vstore_avx2(&s[key + 2][lane + 16], s2_2);
    vstore_avx2(&s[key + 3][lane + 0], s3_0);
    vstore_avx2(&s[key + 3][lane + 8], s3_1);
    vstore_avx2(&s[key + 3][lane + 16], s3_2);
}

/* The same for whole register tiles that are seen, with what scores are made of them, and raises each query's largest. */
OP_avx2 void prefill_scores_top_attention_avx2(const float *restrict k,
    int key, int lane, struct prefill_scratch_attention_avx2 *restrict t, float (*restrict s)[QUERIES_attention_avx2])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx2 s0_0 = vzero_avx2();
    vec_avx2 s0_1 = vzero_avx2();
    vec_avx2 s0_2 = vzero_avx2();
    vec_avx2 s1_0 = vzero_avx2();
    vec_avx2 s1_1 = vzero_avx2();
    vec_avx2 s1_2 = vzero_avx2();
    vec_avx2 s2_0 = vzero_avx2();
    vec_avx2 s2_1 = vzero_avx2();
    vec_avx2 s2_2 = vzero_avx2();
    vec_avx2 s3_0 = vzero_avx2();
    vec_avx2 s3_1 = vzero_avx2();
    vec_avx2 s3_2 = vzero_avx2();
    for (int d = 0; d < 32; d += 2) {
        const vec_avx2 q0_0 = vload_avx2(&t->q[d + 0][lane + 0]);
        const vec_avx2 q0_1 = vload_avx2(&t->q[d + 0][lane + 8]);
        const vec_avx2 q0_2 = vload_avx2(&t->q[d + 0][lane + 16]);
        const vec_avx2 k0_0 = vset_avx2(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx2(q0_1, k0_0, s0_1);
        s0_2 = vfma_avx2(q0_2, k0_0, s0_2);
        const vec_avx2 k0_1 = vset_avx2(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx2(q0_1, k0_1, s1_1);
        s1_2 = vfma_avx2(q0_2, k0_1, s1_2);
        const vec_avx2 k0_2 = vset_avx2(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx2(q0_1, k0_2, s2_1);
        s2_2 = vfma_avx2(q0_2, k0_2, s2_2);
        const vec_avx2 k0_3 = vset_avx2(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx2(q0_1, k0_3, s3_1);
        s3_2 = vfma_avx2(q0_2, k0_3, s3_2);
        const vec_avx2 q1_0 = vload_avx2(&t->q[d + 1][lane + 0]);
        const vec_avx2 q1_1 = vload_avx2(&t->q[d + 1][lane + 8]);
        const vec_avx2 q1_2 = vload_avx2(&t->q[d + 1][lane + 16]);
        const vec_avx2 k1_0 = vset_avx2(panel[(d + 1) * PANEL_attention + 0]);
        s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
        s0_1 = vfma_avx2(q1_1, k1_0, s0_1);
        s0_2 = vfma_avx2(q1_2, k1_0, s0_2);
        const vec_avx2 k1_1 = vset_avx2(panel[(d + 1) * PANEL_attention + 1]);
        s1_0 = vfma_avx2(q1_0, k1_1, s1_0);
        s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
        s1_2 = vfma_avx2(q1_2, k1_1, s1_2);
        const vec_avx2 k1_2 = vset_avx2(panel[(d + 1) * PANEL_attention + 2]);
        s2_0 = vfma_avx2(q1_0, k1_2, s2_0);
        s2_1 = vfma_avx2(q1_1, k1_2, s2_1);
        s2_2 = vfma_avx2(q1_2, k1_2, s2_2);
        const vec_avx2 k1_3 = vset_avx2(panel[(d + 1) * PANEL_attention + 3]);
        s3_0 = vfma_avx2(q1_0, k1_3, s3_0);
        s3_1 = vfma_avx2(q1_1, k1_3, s3_1);
        s3_2 = vfma_avx2(q1_2, k1_3, s3_2);
    }
    vec_avx2 top0 = vload_avx2(&t->tile_max[lane + 0]);
    vstore_avx2(&s[key + 0][lane + 0], s0_0);
    top0 = vmax_avx2(top0, s0_0);
    vstore_avx2(&s[key + 1][lane + 0], s1_0);
    top0 = vmax_avx2(top0, s1_0);
    vstore_avx2(&s[key + 2][lane + 0], s2_0);
    top0 = vmax_avx2(top0, s2_0);
    vstore_avx2(&s[key + 3][lane + 0], s3_0);
    top0 = vmax_avx2(top0, s3_0);
    vstore_avx2(&t->tile_max[lane + 0], top0);
    vec_avx2 top1 = vload_avx2(&t->tile_max[lane + 8]);
    vstore_avx2(&s[key + 0][lane + 8], s0_1);
    top1 = vmax_avx2(top1, s0_1);
    vstore_avx2(&s[key + 1][lane + 8], s1_1);
    top1 = vmax_avx2(top1, s1_1);
    vstore_avx2(&s[key + 2][lane + 8], s2_1);
    top1 = vmax_avx2(top1, s2_1);
    vstore_avx2(&s[key + 3][lane + 8], s3_1);
    top1 = vmax_avx2(top1, s3_1);
    vstore_avx2(&t->tile_max[lane + 8], top1);
    vec_avx2 top2 = vload_avx2(&t->tile_max[lane + 16]);
    vstore_avx2(&s[key + 0][lane + 16], s0_2);
    top2 = vmax_avx2(top2, s0_2);
    vstore_avx2(&s[key + 1][lane + 16], s1_2);
    top2 = vmax_avx2(top2, s1_2);
    vstore_avx2(&s[key + 2][lane + 16], s2_2);
    top2 = vmax_avx2(top2, s2_2);
    vstore_avx2(&s[key + 3][lane + 16], s3_2);
    top2 = vmax_avx2(top2, s3_2);
    vstore_avx2(&t->tile_max[lane + 16], top2);
}

/* All scores of a tile, and each query's largest. Its V, which comes next, is fetched meanwhile. */
KERNEL_avx2 void prefill_scores_all_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t key0, const float *k,
    const float *v, struct prefill_scratch_attention_avx2 *t, float (*s)[QUERIES_attention_avx2])
{
    (void)block;
    (void)key0;
    for (int lane = 0; lane < QUERIES_attention_avx2; lane += 8)
        vstore_avx2(&t->tile_max[lane], vset_avx2(ATTN_HIDDEN));
    for (int lane = 0; lane < QUERIES_attention_avx2; lane += 24)
        for (int key = 0; key < TILE_attention_avx2; key += 4) {
            for (int line = 0; line < 8; line++)
                ATTN_FETCH_NEAR(v + key * V_ROW_attention + line * 16);
            prefill_scores_top_attention_avx2(k, key, lane, t, s);
        }
}

static void prefill_seen_find_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t key0, int32_t keys,
    struct prefill_seen_attention_avx2 *seen)
{
    for (int32_t lane = 0; lane < QUERIES_attention_avx2; lane += 8) {
        const int32_t end = lane + 8 < block->queries ? lane + 8 : block->queries;
        int32_t first = key0, last = lane < end ? key0 + keys - 1 : key0 - 1;
        if (lane < end)
            visible_keys_attention(block->first + lane, block->first + end - 1, &block->view, &first, &last);
        seen->first[lane / 8] = first - key0;
        seen->last[lane / 8] = last - key0;
    }
}

/* Scores of 8 keys for those of 3 vectors of queries that may see one of them. */
KERNEL_avx2 void prefill_scores_seen_attention_avx2(const float *k, int key, int lane,
    const struct prefill_scratch_attention_avx2 *t, const struct prefill_seen_attention_avx2 *seen, float (*s)[QUERIES_attention_avx2])
{
    int from = lane, to = lane;
    for (int at = lane; at < lane + 24; at += 8)
        if (seen->first[at / 8] < key + 8 && seen->last[at / 8] >= key) {
            from = to == lane ? at : from;
            to = at + 8;
        }
    switch ((to - from) / 8) {
    case 1:
        prefill_scores_1_attention_avx2(k, key, from, t, s);
        break;
    case 2:
        prefill_scores_2_attention_avx2(k, key, from, t, s);
        prefill_scores_2_attention_avx2(k, key + 4, from, t, s);
        break;
    case 3:
        prefill_scores_3_attention_avx2(k, key, from, t, s);
        prefill_scores_3_attention_avx2(k, key + 4, from, t, s);
        break;
    default: break;
    }
}

/*
** The same for a tile that some of the queries see some of: hidden scores are -infinity. Keys
** that no query of a vector sees have none.
*/
KERNEL_avx2 void prefill_scores_some_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t key0, int32_t keys,
    const float *k, struct prefill_scratch_attention_avx2 *t, struct prefill_seen_attention_avx2 *seen, float (*s)[QUERIES_attention_avx2])
{
    prefill_seen_find_attention_avx2(block, key0, keys, seen);
    for (int lane = 0; lane < block->queries; lane += 24)
        for (int key = 0; key < keys; key += 8)
            prefill_scores_seen_attention_avx2(k, key, lane, t, seen, s);
    for (int lane = 0; lane < block->queries; lane += 8) {
        const ivec_avx2 place = iramp_avx2(block->first + lane);
        vec_avx2 top = vset_avx2(ATTN_HIDDEN);
        const int last = seen->last[lane / 8], clear = last - 7;      /* often all of the vector see those before */
        int key = seen->first[lane / 8];
        if (key < clear && sight_attention(block->first + lane, block->first + lane + 7, key0 + key, key0 + clear - 1, &block->view) == SEES_ALL)
            for (; key < clear; key++) {
                const vec_avx2 score = vload_avx2(&s[key][lane]);
                top = vmax_avx2(top, score);
            }
        for (; key <= last; key++) {
            const mask_avx2 sees = sees_queries_attention_avx2(place, key0 + key, &block->view);
            const vec_avx2 score = vselect_avx2(sees, vload_avx2(&s[key][lane]), vset_avx2(ATTN_HIDDEN));
            vstore_avx2(&s[key][lane], score);
            top = vmax_avx2(top, score);
        }
        vstore_avx2(&t->tile_max[lane], top);
    }
}

/*
** Moves m to the tile's maximum for each query whose maximum grew by more than ATTN_LAZY,
** and l with it; true when some did: then alpha holds what their o must be multiplied by,
** and 1 for the others.
*/
KERNEL_avx2 int prefill_maximum_attention_avx2(struct prefill_scratch_attention_avx2 *t, int32_t queries)
{
    int grown = 0;
    for (int lane = 0; lane < queries; lane += 8) {
        const vec_avx2 m = vload_avx2(&t->state->m[lane]), top = vload_avx2(&t->tile_max[lane]);
        const mask_avx2 grows = vgreater_avx2(top, vadd_avx2(m, vset_avx2(ATTN_LAZY)));
        if (!many_avx2(grows)) {
            vstore_avx2(&t->alpha[lane], vset_avx2(1.0f));
            continue;
        }
        const vec_avx2 alpha = vselect_avx2(grows, vexp2_exact_avx2(vsub_avx2(m, top)), vset_avx2(1.0f));
        vstore_avx2(&t->alpha[lane], alpha);
        vstore_avx2(&t->state->l[lane], vmul_avx2(vload_avx2(&t->state->l[lane]), alpha));
        vstore_avx2(&t->state->m[lane], vselect_avx2(grows, top, m));
        grown = 1;
    }
    return grown;
}

/* o = alpha o. */
KERNEL_avx2 void prefill_rescale_attention_avx2(struct prefill_scratch_attention_avx2 *t, int32_t queries)
{
    for (int32_t i = 0; i < queries; i++) {
        if (t->alpha[i] == 1.0f)
            continue;
        for (int d = 0; d < V_ROW_attention; d += 8)
            vstore_avx2(&t->state->o[i][d], vmul_avx2(vload_avx2(&t->state->o[i][d]), vset_avx2(t->alpha[i])));
    }
}

/* l += the tile's weights, by a fixed tree: keys PARTIALS apart in order, then halves. */
KERNEL_avx2 void prefill_sum_attention_avx2(struct prefill_scratch_attention_avx2 *t, int32_t queries)
{
    for (int lane = 0; lane < queries; lane += 8) {
        vec_avx2 s0 = vload_avx2(&t->sums[0][lane]);
        vec_avx2 s1 = vload_avx2(&t->sums[1][lane]);
        vec_avx2 s2 = vload_avx2(&t->sums[2][lane]);
        vec_avx2 s3 = vload_avx2(&t->sums[3][lane]);
        vec_avx2 s4 = vload_avx2(&t->sums[4][lane]);
        vec_avx2 s5 = vload_avx2(&t->sums[5][lane]);
        vec_avx2 s6 = vload_avx2(&t->sums[6][lane]);
        vec_avx2 s7 = vload_avx2(&t->sums[7][lane]);
        vec_avx2 s8 = vload_avx2(&t->sums[8][lane]);
        vec_avx2 s9 = vload_avx2(&t->sums[9][lane]);
        vec_avx2 s10 = vload_avx2(&t->sums[10][lane]);
        vec_avx2 s11 = vload_avx2(&t->sums[11][lane]);
        vec_avx2 s12 = vload_avx2(&t->sums[12][lane]);
        vec_avx2 s13 = vload_avx2(&t->sums[13][lane]);
        vec_avx2 s14 = vload_avx2(&t->sums[14][lane]);
        vec_avx2 s15 = vload_avx2(&t->sums[15][lane]);
        s0 = vadd_avx2(s0, s8);
        s1 = vadd_avx2(s1, s9);
        s2 = vadd_avx2(s2, s10);
        s3 = vadd_avx2(s3, s11);
        s4 = vadd_avx2(s4, s12);
        s5 = vadd_avx2(s5, s13);
        s6 = vadd_avx2(s6, s14);
        s7 = vadd_avx2(s7, s15);
        s0 = vadd_avx2(s0, s4);
        s1 = vadd_avx2(s1, s5);
        s2 = vadd_avx2(s2, s6);
        s3 = vadd_avx2(s3, s7);
        s0 = vadd_avx2(s0, s2);
        s1 = vadd_avx2(s1, s3);
        s0 = vadd_avx2(s0, s1);
        vstore_avx2(&t->state->l[lane], vadd_avx2(vload_avx2(&t->state->l[lane]), s0));
    }
}

/* The weight of a score, 0 of a hidden one. m is -infinity for a query that saw no key yet. */
OP_avx2 vec_avx2 prefill_weight_attention_avx2(vec_avx2 s, vec_avx2 m)
{
    const mask_avx2 seen = vgreater_avx2(s, vset_avx2(ATTN_HIDDEN));
    return vselect_avx2(seen, weight_attention_avx2(s, vmax_avx2(m, vset_avx2(ATTN_LOWEST))), vzero_avx2());
}

/* p = weight(s, m) in the place of s. */
KERNEL_avx2 void prefill_weights_all_attention_avx2(struct prefill_scratch_attention_avx2 *t, float (*s)[QUERIES_attention_avx2])
{
    for (int lane = 0; lane < QUERIES_attention_avx2; lane += 8) {
        const vec_avx2 m = vload_avx2(&t->state->m[lane]);
        for (int j = 0; j < PARTIALS_attention_avx2; j++) {
            vec_avx2 sum = vzero_avx2();
            const vec_avx2 s0 = vload_avx2(&s[j + 0][lane]);
            const vec_avx2 p0 = weight_attention_avx2(s0, m);
            vstore_avx2(&s[j + 0][lane], p0);
            sum = vadd_avx2(sum, p0);
            const vec_avx2 s1 = vload_avx2(&s[j + 16][lane]);
            const vec_avx2 p1 = weight_attention_avx2(s1, m);
            vstore_avx2(&s[j + 16][lane], p1);
            sum = vadd_avx2(sum, p1);
            const vec_avx2 s2 = vload_avx2(&s[j + 32][lane]);
            const vec_avx2 p2 = weight_attention_avx2(s2, m);
            vstore_avx2(&s[j + 32][lane], p2);
            sum = vadd_avx2(sum, p2);
            const vec_avx2 s3 = vload_avx2(&s[j + 48][lane]);
            const vec_avx2 p3 = weight_attention_avx2(s3, m);
            vstore_avx2(&s[j + 48][lane], p3);
            sum = vadd_avx2(sum, p3);
            vstore_avx2(&t->sums[j][lane], sum);
        }
    }
}

/*
** The same for the keys that the queries of each vector may see, with weights of 0 before and
** behind them, since register tiles of o stretch over two vectors of queries.
*/
KERNEL_avx2 void prefill_weights_some_attention_avx2(struct prefill_scratch_attention_avx2 *t, int32_t queries,
    const struct prefill_seen_attention_avx2 *seen, float (*s)[QUERIES_attention_avx2])
{
    for (int lane = 0; lane < queries; lane += 8) {
        const vec_avx2 m = vload_avx2(&t->state->m[lane]);
        const int32_t first = seen->first[lane / 8], last = seen->last[lane / 8];
        for (int j = 0; j < PARTIALS_attention_avx2; j++)
            vstore_avx2(&t->sums[j][lane], vzero_avx2());
        for (int32_t key = first; key <= last; key++) {
            float *sum = &t->sums[key % PARTIALS_attention_avx2][lane];
            const vec_avx2 p = prefill_weight_attention_avx2(vload_avx2(&s[key][lane]), m);
            vstore_avx2(&s[key][lane], p);
            vstore_avx2(sum, vadd_avx2(vload_avx2(sum), p));
        }
        for (int32_t key = 0; key < TILE_attention_avx2; key++)
            if (key < first || key > last)
                vstore_avx2(&s[key][lane], vzero_avx2());
    }
}

/*
** Decode, avx2: rows are queries of the heads that share a KV head. They walk one segment of the keys together, so
** that each K and V is read once for all of them. Scores have lanes = keys, o has lanes = d_v.
*/
enum {
    DECODE_Q_attention_avx2 = 32      /* floats of a query: D_K, and what a last byte of K holds besides */
};

/*
** s = q k for the tile of keys from `tile` of the block on, 2 rows x 16 keys at once: one FMA chain
** over d for each.
*/
KERNEL_avx2 void decode_scores_attention_avx2(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx2],
    float (*restrict s)[TILE_attention_avx2])
{
    for (int key = 0; key < TILE_attention_avx2; key += 16) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx2 s0_0 = vzero_avx2();
        vec_avx2 s0_1 = vzero_avx2();
        vec_avx2 s1_0 = vzero_avx2();
        vec_avx2 s1_1 = vzero_avx2();
        for (int d = 0; d < D_K_attention; d += 1) {
            const vec_avx2 k1_0 = vload_f32_avx2(&block->k[panel + 0][d][lane + 0]);
            const vec_avx2 k1_1 = vload_f32_avx2(&block->k[panel + 0][d][lane + 8]);
            const vec_avx2 q1_0 = vset_avx2(q[0][d]);
            s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
            s0_1 = vfma_avx2(q1_0, k1_1, s0_1);
            const vec_avx2 q1_1 = vset_avx2(q[1][d]);
            s1_0 = vfma_avx2(q1_1, k1_0, s1_0);
            s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
        }
        vstore_avx2(&s[0][key + 0], s0_0);
        vstore_avx2(&s[0][key + 8], s0_1);
        vstore_avx2(&s[1][key + 0], s1_0);
        vstore_avx2(&s[1][key + 8], s1_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 2 rows x 16 columns: one FMA chain over the
** keys for each.
*/
KERNEL_avx2 void decode_values_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention])
{
    vec_avx2 o0_0 = vload_avx2(&o[0][column + 0]);
    vec_avx2 o0_1 = vload_avx2(&o[0][column + 8]);
    vec_avx2 o1_0 = vload_avx2(&o[1][column + 0]);
    vec_avx2 o1_1 = vload_avx2(&o[1][column + 8]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1) {
        const vec_avx2 v1_0 = vload_f32_avx2(v + key * V_STRIP_attention + 0);
        const vec_avx2 v1_1 = vload_f32_avx2(v + key * V_STRIP_attention + 8);
        const vec_avx2 p1_0 = vset_avx2(p[0][key]);
        o0_0 = vfma_avx2(p1_0, v1_0, o0_0);
        o0_1 = vfma_avx2(p1_0, v1_1, o0_1);
        const vec_avx2 p1_1 = vset_avx2(p[1][key]);
        o1_0 = vfma_avx2(p1_1, v1_0, o1_0);
        o1_1 = vfma_avx2(p1_1, v1_1, o1_1);
    }
    vstore_avx2(&o[0][column + 0], o0_0);
    vstore_avx2(&o[0][column + 8], o0_1);
    vstore_avx2(&o[1][column + 0], o1_0);
    vstore_avx2(&o[1][column + 8], o1_1);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 4 rows x 16 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_avx2 void decode_scores_rows_attention_avx2(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx2],
    float (*restrict s)[TILE_attention_avx2], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_avx2; key += 16) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx2 s0_0 = vzero_avx2();
        vec_avx2 s0_1 = vzero_avx2();
        vec_avx2 s1_0 = vzero_avx2();
        vec_avx2 s1_1 = vzero_avx2();
        vec_avx2 s2_0 = vzero_avx2();
        vec_avx2 s2_1 = vzero_avx2();
        vec_avx2 s3_0 = vzero_avx2();
        vec_avx2 s3_1 = vzero_avx2();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            const vec_avx2 k1_0 = vload_f32_avx2(&block->k[panel + 0][d][lane + 0]);
            const vec_avx2 k1_1 = vload_f32_avx2(&block->k[panel + 0][d][lane + 8]);
            const vec_avx2 q1_0 = vset_avx2(q[0][d]);
            s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
            s0_1 = vfma_avx2(q1_0, k1_1, s0_1);
            const vec_avx2 q1_1 = vset_avx2(q[1][d]);
            s1_0 = vfma_avx2(q1_1, k1_0, s1_0);
            s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
            const vec_avx2 q1_2 = vset_avx2(q[2][d]);
            s2_0 = vfma_avx2(q1_2, k1_0, s2_0);
            s2_1 = vfma_avx2(q1_2, k1_1, s2_1);
            const vec_avx2 q1_3 = vset_avx2(q[3][d]);
            s3_0 = vfma_avx2(q1_3, k1_0, s3_0);
            s3_1 = vfma_avx2(q1_3, k1_1, s3_1);
        }
        vstore_avx2(&s[0][key + 0], s0_0);
        vstore_avx2(&s[0][key + 8], s0_1);
        vstore_avx2(&s[1][key + 0], s1_0);
        vstore_avx2(&s[1][key + 8], s1_1);
        vstore_avx2(&s[2][key + 0], s2_0);
        vstore_avx2(&s[2][key + 8], s2_1);
        vstore_avx2(&s[3][key + 0], s3_0);
        vstore_avx2(&s[3][key + 8], s3_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 4 rows x 16 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_avx2 void decode_values_rows_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_avx2 o0_0 = vload_avx2(&o[0][column + 0]);
    vec_avx2 o0_1 = vload_avx2(&o[0][column + 8]);
    vec_avx2 o1_0 = vload_avx2(&o[1][column + 0]);
    vec_avx2 o1_1 = vload_avx2(&o[1][column + 8]);
    vec_avx2 o2_0 = vload_avx2(&o[2][column + 0]);
    vec_avx2 o2_1 = vload_avx2(&o[2][column + 8]);
    vec_avx2 o3_0 = vload_avx2(&o[3][column + 0]);
    vec_avx2 o3_1 = vload_avx2(&o[3][column + 8]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        const vec_avx2 v1_0 = vload_f32_avx2(v + key * V_STRIP_attention + 0);
        const vec_avx2 v1_1 = vload_f32_avx2(v + key * V_STRIP_attention + 8);
        const vec_avx2 p1_0 = vset_avx2(p[0][key]);
        o0_0 = vfma_avx2(p1_0, v1_0, o0_0);
        o0_1 = vfma_avx2(p1_0, v1_1, o0_1);
        const vec_avx2 p1_1 = vset_avx2(p[1][key]);
        o1_0 = vfma_avx2(p1_1, v1_0, o1_0);
        o1_1 = vfma_avx2(p1_1, v1_1, o1_1);
        const vec_avx2 p1_2 = vset_avx2(p[2][key]);
        o2_0 = vfma_avx2(p1_2, v1_0, o2_0);
        o2_1 = vfma_avx2(p1_2, v1_1, o2_1);
        const vec_avx2 p1_3 = vset_avx2(p[3][key]);
        o3_0 = vfma_avx2(p1_3, v1_0, o3_0);
        o3_1 = vfma_avx2(p1_3, v1_1, o3_1);
    }
    vstore_avx2(&o[0][column + 0], o0_0);
    vstore_avx2(&o[0][column + 8], o0_1);
    vstore_avx2(&o[1][column + 0], o1_0);
    vstore_avx2(&o[1][column + 8], o1_1);
    vstore_avx2(&o[2][column + 0], o2_0);
    vstore_avx2(&o[2][column + 8], o2_1);
    vstore_avx2(&o[3][column + 0], o3_0);
    vstore_avx2(&o[3][column + 8], o3_1);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 2 rows x 16 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_avx2 void decode_scores_few_rows_attention_avx2(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx2],
    float (*restrict s)[TILE_attention_avx2], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_avx2; key += 16) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx2 s0_0 = vzero_avx2();
        vec_avx2 s0_1 = vzero_avx2();
        vec_avx2 s1_0 = vzero_avx2();
        vec_avx2 s1_1 = vzero_avx2();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            const vec_avx2 k1_0 = vload_f32_avx2(&block->k[panel + 0][d][lane + 0]);
            const vec_avx2 k1_1 = vload_f32_avx2(&block->k[panel + 0][d][lane + 8]);
            const vec_avx2 q1_0 = vset_avx2(q[0][d]);
            s0_0 = vfma_avx2(q1_0, k1_0, s0_0);
            s0_1 = vfma_avx2(q1_0, k1_1, s0_1);
            const vec_avx2 q1_1 = vset_avx2(q[1][d]);
            s1_0 = vfma_avx2(q1_1, k1_0, s1_0);
            s1_1 = vfma_avx2(q1_1, k1_1, s1_1);
        }
        vstore_avx2(&s[0][key + 0], s0_0);
        vstore_avx2(&s[0][key + 8], s0_1);
        vstore_avx2(&s[1][key + 0], s1_0);
        vstore_avx2(&s[1][key + 8], s1_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 2 rows x 16 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_avx2 void decode_values_few_rows_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_avx2 o0_0 = vload_avx2(&o[0][column + 0]);
    vec_avx2 o0_1 = vload_avx2(&o[0][column + 8]);
    vec_avx2 o1_0 = vload_avx2(&o[1][column + 0]);
    vec_avx2 o1_1 = vload_avx2(&o[1][column + 8]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        const vec_avx2 v1_0 = vload_f32_avx2(v + key * V_STRIP_attention + 0);
        const vec_avx2 v1_1 = vload_f32_avx2(v + key * V_STRIP_attention + 8);
        const vec_avx2 p1_0 = vset_avx2(p[0][key]);
        o0_0 = vfma_avx2(p1_0, v1_0, o0_0);
        o0_1 = vfma_avx2(p1_0, v1_1, o0_1);
        const vec_avx2 p1_1 = vset_avx2(p[1][key]);
        o1_0 = vfma_avx2(p1_1, v1_0, o1_0);
        o1_1 = vfma_avx2(p1_1, v1_1, o1_1);
    }
    vstore_avx2(&o[0][column + 0], o0_0);
    vstore_avx2(&o[0][column + 8], o0_1);
    vstore_avx2(&o[1][column + 0], o1_0);
    vstore_avx2(&o[1][column + 8], o1_1);
}

/* s = q k of a tile for the heads of one query. */
KERNEL_avx2 void decode_scores_alone_attention_avx2(const struct block_attention *block, int tile, int rows, float (*restrict q)[DECODE_Q_attention_avx2],
    float (*restrict s)[TILE_attention_avx2])
{
    int done = 0;
    for (; done + 1 < rows; done += 2)
        decode_scores_attention_avx2(block, tile, q + done, s + done);
}

/* o += p v over the tile's first `keys` keys for the heads of one query. */
KERNEL_avx2 void decode_values_alone_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention])
{
    int done;
    for (int column = 0; column < 32; column += 16) {
        done = 0;
        for (; done + 1 < rows; done += 2)
            decode_values_attention_avx2(block, tile, keys, column, p + done, o + done);
    }
}

/* s = q k of a tile for rows of several queries; K of the block after it is fetched meanwhile. */
KERNEL_avx2 void decode_scores_together_attention_avx2(const struct block_attention *block, const struct block_attention *after, int tile, int rows, float (*restrict q)[DECODE_Q_attention_avx2],
    float (*restrict s)[TILE_attention_avx2])
{
    int done = 0;
    const int steps = (rows + 3) / 4 * 128, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->k + tile * 128;
    for (; done + 2 < rows; done += 4, next += 128 * step)
        decode_scores_rows_attention_avx2(block, tile, q + done, s + done, next, step);
    for (; done + 0 < rows; done += 2, next += 128 * step)
        decode_scores_few_rows_attention_avx2(block, tile, q + done, s + done, next, step);
}

/* o += p v over the tile's first `keys` keys for rows of several queries; V of the block after it is fetched meanwhile. */
KERNEL_avx2 void decode_values_together_attention_avx2(const struct block_attention *block, const struct block_attention *after, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention])
{
    int done;
    const int steps = (rows + 3) / 4 * 128, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->v + tile * 128;
    for (int column = 0; column < 32; column += 16) {
        done = 0;
        for (; done + 2 < rows; done += 4, next += 64 * step)
            decode_values_rows_attention_avx2(block, tile, keys, column, p + done, o + done, next, step);
        for (; done + 0 < rows; done += 2, next += 64 * step)
            decode_values_few_rows_attention_avx2(block, tile, keys, column, p + done, o + done, next, step);
    }
}

enum {
    ROWS_attention_avx2      = 64,       /* rows at most: whole queries of a group's heads */
    ROWS_ROOM_attention_avx2 = 64        /* the same, in whole register tiles */
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial_attention_avx2 {
    float o[V_ROW_attention];
    float m, l;
};

/* One query of one head. */
struct decode_row_attention_avx2 {
    struct attn_view view;
    int64_t q_row;                         /* in q */
    int32_t place, head;                   /* on the key axis; of q */
    struct decode_partial_attention_avx2 *partial;      /* where its result goes */
};

struct decode_scratch_attention_avx2 {
    float q[ROWS_ROOM_attention_avx2][DECODE_Q_attention_avx2];         /* rotated, times SCALE */
    float m[ROWS_ROOM_attention_avx2], l[ROWS_ROOM_attention_avx2];
    float s[ROWS_ROOM_attention_avx2][TILE_attention_avx2];            /* scores of a tile, then weights p */
    float o[ROWS_ROOM_attention_avx2][V_ROW_attention];
    struct decode_row_attention_avx2 row[ROWS_attention_avx2];
    int rows, queries;
};

/* Hides what the query at `place` does not see. */
KERNEL_avx2 void decode_mask_attention_avx2(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE_attention_avx2; key += 8) {
        const mask_avx2 sees = sees_keys_attention_avx2(place, iramp_avx2(key0 + key), view);
        vstore_avx2(s + key, vselect_avx2(sees, vload_avx2(s + key), vset_avx2(ATTN_HIDDEN)));
    }
}

/*
** s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill.
*/
KERNEL_avx2 void decode_softmax_attention_avx2(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o)
{
    vec_avx2 top = vload_avx2(s);
    for (int key = 8; key < TILE_attention_avx2; key += 8)
        top = vmax_avx2(top, vload_avx2(s + key));
    const float tile_max = vlargest_avx2(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec_avx2 factor = vexp2_exact_avx2(vset_avx2(*m - tile_max));
        *l = vfirst_avx2(vmul_avx2(vset_avx2(*l), factor));
        for (int d = 0; d < V_ROW_attention; d += 8)
            vstore_avx2(o + d, vmul_avx2(vload_avx2(o + d), factor));
        *m = tile_max;
    }
    const vec_avx2 base = vset_avx2(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
    vec_avx2 sum0 = vzero_avx2();
    vec_avx2 sum1 = vzero_avx2();
    for (int key = 0; key < TILE_attention_avx2; key += PARTIALS_attention_avx2) {
        const vec_avx2 s0 = vload_avx2(s + key + 0);
        const mask_avx2 seen0 = vgreater_avx2(s0, vset_avx2(ATTN_HIDDEN));
        const vec_avx2 p0 = vselect_avx2(seen0, weight_attention_avx2(s0, base), vzero_avx2());
        vstore_avx2(s + key + 0, p0);
        sum0 = vadd_avx2(sum0, p0);
        const vec_avx2 s1 = vload_avx2(s + key + 8);
        const mask_avx2 seen1 = vgreater_avx2(s1, vset_avx2(ATTN_HIDDEN));
        const vec_avx2 p1 = vselect_avx2(seen1, weight_attention_avx2(s1, base), vzero_avx2());
        vstore_avx2(s + key + 8, p1);
        sum1 = vadd_avx2(sum1, p1);
    }
    sum0 = vadd_avx2(sum0, sum1);
    *l += vsum_avx2(sum0);
}

/* One tile of keys, from key0 on, `keys` of which there are. */
KERNEL_avx2 void decode_tile_attention_avx2(int32_t key0, int32_t keys, const struct block_attention *block, const struct block_attention *after, struct decode_scratch_attention_avx2 *t)
{
    const int tile = key0 % BLOCK_attention;
    if (t->queries == 1)
        decode_scores_alone_attention_avx2(block, tile, t->rows, t->q, t->s);
    else
        decode_scores_together_attention_avx2(block, after, tile, t->rows, t->q, t->s);
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_avx2 *row = &t->row[r];
        if (keys < TILE_attention_avx2 || sight_attention(row->place, row->place, key0, key0 + keys - 1, &row->view) != SEES_ALL)
            decode_mask_attention_avx2(t->s[r], key0, row->place, &row->view);
        decode_softmax_attention_avx2(t->s[r], &t->m[r], &t->l[r], t->o[r]);
    }
    if (t->queries == 1)
        decode_values_alone_attention_avx2(block, tile, keys, t->rows, t->s, t->o);
    else
        decode_values_together_attention_avx2(block, after, tile, keys, t->rows, t->s, t->o);
}

/* The keys that some row may see, within first .. last. */
static void decode_keys_attention_avx2(const struct decode_scratch_attention_avx2 *t, int32_t *first, int32_t *last)
{
    int32_t lowest = *last + 1, highest = -1;
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_avx2 *row = &t->row[r];
        if (r > 0 && row->q_row == row[-1].q_row)      /* another head of the same query */
            continue;
        int32_t from = *first, to = *last;
        visible_keys_attention(row->place, row->place, &row->view, &from, &to);
        if (from > to)
            continue;
        lowest = from < lowest ? from : lowest;
        highest = to > highest ? to : highest;
    }
    *first = lowest;
    *last = highest;
}

/* The rows before their first key: those behind the last one, up to a whole register tile, get a q of 0. */
KERNEL_avx2 void decode_begin_attention_avx2(const struct attn_args *args, struct decode_scratch_attention_avx2 *t)
{
    for (int r = 0; r < t->rows; r++) {
        query_row_attention(args, t->row[r].q_row, t->row[r].head, t->q[r]);
        for (int d = D_K_attention; d < DECODE_Q_attention_avx2; d++)
            t->q[r][d] = 0.0f;
        t->m[r] = ATTN_HIDDEN;
        t->l[r] = 0.0f;
    }
    const int room = (t->rows + 3) / 4 * 4;
    if (t->rows < room)
        memset(t->q[t->rows], 0, sizeof t->q[0] * (size_t)(room - t->rows));
    memset(t->o, 0, sizeof t->o[0] * (size_t)room);
}

/* Keys first .. last of one segment of a sequence, for all rows, into their partials. */
KERNEL_avx2 void decode_walk_attention_avx2(const struct attn_args *args, const struct attn_sequence *sequence, int32_t kv_head,
    int32_t first, int32_t last, struct decode_scratch_attention_avx2 *t)
{
    decode_begin_attention_avx2(args, t);
    decode_keys_attention_avx2(t, &first, &last);
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_avx2, left = sequence->kv_len - key0;
        const int32_t next = key0 - key0 % BLOCK_attention + BLOCK_attention;
        const struct block_attention *after = tile_block_attention(sequence, kv_head, next < sequence->kv_len ? next : key0);
        const struct block_attention *block = tile_block_attention(sequence, kv_head, key0);
        decode_tile_attention_avx2(key0, left < TILE_attention_avx2 ? left : TILE_attention_avx2, block, after, t);
        first = key0 + TILE_attention_avx2;
    }
    for (int r = 0; r < t->rows; r++) {
        struct decode_partial_attention_avx2 *partial = t->row[r].partial;
        partial->m = t->m[r];
        partial->l = t->l[r];
        memcpy(partial->o, t->o[r], sizeof partial->o);
    }
}

/*
** The sequences of a call that go by rows. Pass 0 has a task for each sequence, KV head and segment; pass 1, which
** merges, one for each sequence and KV head. A segment that sequences share is a task of the first of them alone, for
** the rows of all.
*/
struct decode_call_attention_avx2 {
    const struct attn_args *args;
    int all;                               /* or those that prefill does not take in blocks */
    struct decode_partial_attention_avx2 *partials;     /* for each sequence that takes part (q_len, heads, segments) */
};

/* Whether prefill takes a sequence by rows: few queries beside many keys, where a block would leave lanes empty. */
static int prefill_by_rows_attention_avx2(const struct attn_sequence *sequence)
{
    return sequence->q_len <= APPEND_attention_avx2 && sequence->q_len <= sequence->kv_len / APPEND_KEYS_attention_avx2;
}

static int decode_takes_attention_avx2(const struct decode_call_attention_avx2 *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return sequence->q_len > 0 && (call->all || prefill_by_rows_attention_avx2(sequence));
}

static int32_t decode_segments_attention_avx2(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT_attention_avx2 - 1) / SEGMENT_attention_avx2;
}

static size_t decode_partials_attention_avx2(const struct decode_call_attention_avx2 *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return decode_takes_attention_avx2(call, b) ? (size_t)sequence->q_len * HEADS_attention * (size_t)decode_segments_attention_avx2(sequence) : 0;
}

static size_t decode_bytes_attention_avx2(const struct decode_call_attention_avx2 *call)
{
    size_t partials = 0;
    for (int32_t b = 0; b < call->args->sequences; b++)
        partials += decode_partials_attention_avx2(call, b);
    return partials * sizeof(struct decode_partial_attention_avx2);
}

/* Where a task works: a sequence from one of its queries on, one KV head, one segment, and where the sequence's partials begin. */
struct decode_place_attention_avx2 {
    int32_t b, query, kv_head, segment;
    size_t partials;
};

/*
** Moves on to the next sequence that takes part; *own becomes the first segment of which it shares less than the whole
** with the one before.
*/
static int decode_next_attention_avx2(const struct decode_call_attention_avx2 *call, struct decode_place_attention_avx2 *place, int32_t *own)
{
    int32_t shared = place->b < 0 ? 0 : ATTN_MAX_KEYS;
    if (place->b >= 0)
        place->partials += decode_partials_attention_avx2(call, place->b);
    while (++place->b < call->args->sequences) {
        const struct attn_sequence *sequence = &call->args->sequence[place->b];
        if (sequence->q_len > 0 && sequence->shared < shared)
            shared = sequence->shared;
        if (decode_takes_attention_avx2(call, place->b)) {
            *own = shared / SEGMENT_attention_avx2;
            return 1;
        }
    }
    return 0;
}

/* The tasks of the sequence at `place`. */
static int64_t decode_tasks_at_attention_avx2(const struct decode_call_attention_avx2 *call, const struct decode_place_attention_avx2 *place, int pass, int32_t own)
{
    const int32_t segments = decode_segments_attention_avx2(&call->args->sequence[place->b]);
    return (pass == 0 ? (int64_t)(segments - own) : 1) * KV_HEADS_attention;
}

static int64_t decode_tasks_of_attention_avx2(const struct decode_call_attention_avx2 *call, int pass)
{
    struct decode_place_attention_avx2 place = { -1, 0, 0, 0, 0 };
    int64_t tasks = 0;
    int32_t own;
    while (decode_next_attention_avx2(call, &place, &own))
        tasks += decode_tasks_at_attention_avx2(call, &place, pass, own);
    return tasks;
}

static struct decode_place_attention_avx2 decode_place_find_attention_avx2(const struct decode_call_attention_avx2 *call, int pass, int64_t task)
{
    struct decode_place_attention_avx2 place = { -1, 0, 0, 0, 0 };
    int32_t own;
    while (decode_next_attention_avx2(call, &place, &own)) {
        const int64_t tasks = decode_tasks_at_attention_avx2(call, &place, pass, own);
        if (task < tasks) {
            const int64_t parts = tasks / KV_HEADS_attention;
            place.kv_head = (int32_t)(task / parts);
            place.segment = own + (int32_t)(task % parts);
            break;
        }
        task -= tasks;
    }
    return place;
}

/* The partials of one query and head, by segment. */
static struct decode_partial_attention_avx2 *decode_partial_of_attention_avx2(const struct decode_call_attention_avx2 *call, const struct decode_place_attention_avx2 *place,
                                                    int32_t query, int32_t head)
{
    const int32_t segments = decode_segments_attention_avx2(&call->args->sequence[place->b]);
    return call->partials + place->partials + ((int64_t)query * HEADS_attention + head) * segments;
}

/* The query at `place` as rows, one of each head. */
static void decode_add_attention_avx2(const struct decode_call_attention_avx2 *call, const struct decode_place_attention_avx2 *place, struct decode_scratch_attention_avx2 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention;
    for (int32_t h = head0; h < end; h++) {
        struct decode_row_attention_avx2 *row = &t->row[t->rows++];
        row->view = attn_view_of(call->args, place->b, h);
        row->q_row = sequence->q_row + place->query;
        row->place = sequence->q_offset + place->query;
        row->head = h;
        row->partial = decode_partial_of_attention_avx2(call, place, place->query, h) + place->segment;
    }
    t->queries++;
}

/*
** Takes queries from `place` on, of all sequences that share its segment, until they are as many as walk together; false
** when none is left behind them.
*/
static int decode_gather_attention_avx2(const struct decode_call_attention_avx2 *call, struct decode_place_attention_avx2 *place, struct decode_scratch_attention_avx2 *t)
{
    t->rows = t->queries = 0;
    for (;;) {
        const int32_t queries = call->args->sequence[place->b].q_len;
        for (; place->query < queries; place->query++) {
            if (t->rows + GROUP_attention > ROWS_attention_avx2)
                return 1;
            decode_add_attention_avx2(call, place, t);
        }
        int32_t own;
        if (!decode_next_attention_avx2(call, place, &own) || own <= place->segment)
            return 0;
        place->query = 0;
    }
}

/* Pass 0: one segment, for the rows of all that share it, into their partials. */
KERNEL_avx2 void decode_run_segment_attention_avx2(const struct decode_call_attention_avx2 *call, struct decode_place_attention_avx2 *place, struct decode_scratch_attention_avx2 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t first = place->segment * SEGMENT_attention_avx2, left = sequence->kv_len - first;
    for (int more = 1; more;) {
        more = decode_gather_attention_avx2(call, place, t);
        decode_walk_attention_avx2(call->args, sequence, place->kv_head, first, first + (left < SEGMENT_attention_avx2 ? left : SEGMENT_attention_avx2) - 1, t);
    }
}

/* Pass 1: the segments of each query and head, merged from left to right. */
KERNEL_avx2 void decode_run_merge_attention_avx2(const struct decode_call_attention_avx2 *call, const struct decode_place_attention_avx2 *place, struct decode_scratch_attention_avx2 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention, segments = decode_segments_attention_avx2(sequence);
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial_attention_avx2 *part = decode_partial_of_attention_avx2(call, place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < segments; i++)
                merge_attention_avx2(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], t->o[0]);
            finish_attention_avx2(call->args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], t->o[0]);
        }
}

KERNEL_avx2 void decode_run_of_attention_avx2(const struct decode_call_attention_avx2 *call, int pass, int64_t task, void *scratch)
{
    struct decode_place_attention_avx2 place = decode_place_find_attention_avx2(call, pass, task);
    if (pass == 0)
        decode_run_segment_attention_avx2(call, &place, scratch);
    else
        decode_run_merge_attention_avx2(call, &place, scratch);
}

/* The phase decode: all sequences, whatever their queries. */
static struct decode_call_attention_avx2 decode_call_of_attention_avx2(const struct attn_args *args)
{
    const struct decode_call_attention_avx2 call = { args, 1, args->workspace };
    return call;
}

static int64_t decode_tasks_attention_avx2(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_avx2 call = decode_call_of_attention_avx2(args);
    return decode_tasks_of_attention_avx2(&call, pass);
}

static size_t decode_workspace_bytes_attention_avx2(const struct attn_args *args)
{
    const struct decode_call_attention_avx2 call = decode_call_of_attention_avx2(args);
    return decode_bytes_attention_avx2(&call);
}

static void decode_run_attention_avx2(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_avx2 call = decode_call_of_attention_avx2(args);
    decode_run_of_attention_avx2(&call, pass, task, scratch);
}

/*
** o += p v over `keys` keys, for 6 queries x 16 columns from `column` on: one FMA chain over
** the keys for each, from 0 in a segment's first tile. v and p start at the first key, p and o at the first query, v at
** the first column. Where there are results, o goes there, done.
*/
OP_avx2 void prefill_values_attention_avx2(const float *restrict v, const float *restrict p, int32_t keys, int first,
    float (*restrict o)[V_ROW_attention], int column, const struct prefill_results_attention_avx2 *results, int32_t query)
{
    vec_avx2 o0_0 = vzero_avx2();
    vec_avx2 o0_1 = vzero_avx2();
    vec_avx2 o1_0 = vzero_avx2();
    vec_avx2 o1_1 = vzero_avx2();
    vec_avx2 o2_0 = vzero_avx2();
    vec_avx2 o2_1 = vzero_avx2();
    vec_avx2 o3_0 = vzero_avx2();
    vec_avx2 o3_1 = vzero_avx2();
    vec_avx2 o4_0 = vzero_avx2();
    vec_avx2 o4_1 = vzero_avx2();
    vec_avx2 o5_0 = vzero_avx2();
    vec_avx2 o5_1 = vzero_avx2();
    if (!first) {
        o0_0 = vload_avx2(&o[0][column + 0]);
        o0_1 = vload_avx2(&o[0][column + 8]);
        o1_0 = vload_avx2(&o[1][column + 0]);
        o1_1 = vload_avx2(&o[1][column + 8]);
        o2_0 = vload_avx2(&o[2][column + 0]);
        o2_1 = vload_avx2(&o[2][column + 8]);
        o3_0 = vload_avx2(&o[3][column + 0]);
        o3_1 = vload_avx2(&o[3][column + 8]);
        o4_0 = vload_avx2(&o[4][column + 0]);
        o4_1 = vload_avx2(&o[4][column + 8]);
        o5_0 = vload_avx2(&o[5][column + 0]);
        o5_1 = vload_avx2(&o[5][column + 8]);
    }
    for (; keys > 0; keys--, v += 16, p += QUERIES_attention_avx2) {
        const vec_avx2 v0 = vload_avx2(v + 0);
        const vec_avx2 v1 = vload_avx2(v + 8);
        const vec_avx2 p0 = vset_avx2(p[0]);
        o0_0 = vfma_avx2(p0, v0, o0_0);
        o0_1 = vfma_avx2(p0, v1, o0_1);
        const vec_avx2 p1 = vset_avx2(p[1]);
        o1_0 = vfma_avx2(p1, v0, o1_0);
        o1_1 = vfma_avx2(p1, v1, o1_1);
        const vec_avx2 p2 = vset_avx2(p[2]);
        o2_0 = vfma_avx2(p2, v0, o2_0);
        o2_1 = vfma_avx2(p2, v1, o2_1);
        const vec_avx2 p3 = vset_avx2(p[3]);
        o3_0 = vfma_avx2(p3, v0, o3_0);
        o3_1 = vfma_avx2(p3, v1, o3_1);
        const vec_avx2 p4 = vset_avx2(p[4]);
        o4_0 = vfma_avx2(p4, v0, o4_0);
        o4_1 = vfma_avx2(p4, v1, o4_1);
        const vec_avx2 p5 = vset_avx2(p[5]);
        o5_0 = vfma_avx2(p5, v0, o5_0);
        o5_1 = vfma_avx2(p5, v1, o5_1);
    }
    if (results == NULL) {
        vstore_avx2(&o[0][column + 0], o0_0);
        vstore_avx2(&o[0][column + 8], o0_1);
        vstore_avx2(&o[1][column + 0], o1_0);
        vstore_avx2(&o[1][column + 8], o1_1);
        vstore_avx2(&o[2][column + 0], o2_0);
        vstore_avx2(&o[2][column + 8], o2_1);
        vstore_avx2(&o[3][column + 0], o3_0);
        vstore_avx2(&o[3][column + 8], o3_1);
        vstore_avx2(&o[4][column + 0], o4_0);
        vstore_avx2(&o[4][column + 8], o4_1);
        vstore_avx2(&o[5][column + 0], o5_0);
        vstore_avx2(&o[5][column + 8], o5_1);
    } else {
        float *row = results->o + query * results->apart;
        finish_columns_attention_avx2(row, column + 0, o0_0, results->factor[query + 0]);
        finish_columns_attention_avx2(row, column + 8, o0_1, results->factor[query + 0]);
        row += results->apart;
        finish_columns_attention_avx2(row, column + 0, o1_0, results->factor[query + 1]);
        finish_columns_attention_avx2(row, column + 8, o1_1, results->factor[query + 1]);
        row += results->apart;
        finish_columns_attention_avx2(row, column + 0, o2_0, results->factor[query + 2]);
        finish_columns_attention_avx2(row, column + 8, o2_1, results->factor[query + 2]);
        row += results->apart;
        finish_columns_attention_avx2(row, column + 0, o3_0, results->factor[query + 3]);
        finish_columns_attention_avx2(row, column + 8, o3_1, results->factor[query + 3]);
        row += results->apart;
        finish_columns_attention_avx2(row, column + 0, o4_0, results->factor[query + 4]);
        finish_columns_attention_avx2(row, column + 8, o4_1, results->factor[query + 4]);
        row += results->apart;
        finish_columns_attention_avx2(row, column + 0, o5_0, results->factor[query + 5]);
        finish_columns_attention_avx2(row, column + 8, o5_1, results->factor[query + 5]);
    }
}

/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile_attention_avx2 {
    float (*s)[QUERIES_attention_avx2];       /* scores, or weights once weighed */
    struct prefill_seen_attention_avx2 *seen;
    const float *v;
    int32_t key0, keys;          /* no keys: no tile */
    int sight, weighed;
    int first;                   /* of its segment: o is still 0 */
    const char *next;            /* K of the tile behind it, where that is to be fetched */
};

/*
** o += p v for the queries start .. end - 1, whole register tiles of them, into the state or, where there are any, the results.
** A tile with hidden scores skips what is hidden from all queries of a register tile. K of the next tile may be fetched
** meanwhile.
*/
KERNEL_avx2 void prefill_accumulate_attention_avx2(const struct prefill_block_attention_avx2 *block, const struct prefill_tile_attention_avx2 *tile,
    int32_t start, int32_t end, const struct prefill_results_attention_avx2 *results, struct prefill_scratch_attention_avx2 *t)
{
    const char *next = results == NULL ? tile->next : NULL;
    for (int column = 0; column < 32; column += 16)
        for (int32_t query = start; query < end; query += 6) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
            for (int line = 0; next != NULL && line < 16; line++, next += 64)
                ATTN_FETCH(next);
            const int32_t left = end - query, queries = left < 6 ? left : 6;
            if (tile->sight != SEES_ALL)
                visible_keys_attention(block->first + query, block->first + query + queries - 1,
                               &block->view, &first, &last);
            const int32_t from = first <= last ? first - tile->key0 : 0;
            const int32_t keys = first <= last ? last + 1 - tile->key0 - from : 0;
            if (keys > 0 || tile->first || results != NULL)
                prefill_values_attention_avx2(tile->v + column / 16 * 1024 + column % 16 + from * 16, &tile->s[from][query], keys,
                               tile->first, &t->state->o[query], column, results, query);
        }
}

/* Weights of a tile that are still to come, and l. */
KERNEL_avx2 void prefill_weigh_attention_avx2(const struct prefill_block_attention_avx2 *block, const struct prefill_tile_attention_avx2 *tile,
    struct prefill_scratch_attention_avx2 *t)
{
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all_attention_avx2(t, tile->s);
    else if (!tile->weighed)
        prefill_weights_some_attention_avx2(t, block->queries, tile->seen, tile->s);
    prefill_sum_attention_avx2(t, block->queries);
}

/* What is still to come of a tile: weights, l and o. */
KERNEL_avx2 void prefill_settle_attention_avx2(const struct prefill_block_attention_avx2 *block, const struct prefill_tile_attention_avx2 *tile,
    struct prefill_scratch_attention_avx2 *t)
{
    if (tile->keys == 0)
        return;
    prefill_weigh_attention_avx2(block, tile, t);
    prefill_accumulate_attention_avx2(block, tile, 0, block->queries, NULL, t);
}

/* Results of the queries start .. end - 1 from the total. */
KERNEL_avx2 void prefill_finish_attention_avx2(const struct attn_args *args, const struct prefill_block_attention_avx2 *block, int32_t start, int32_t end,
    const struct prefill_scratch_attention_avx2 *t)
{
    for (int32_t i = start; i < end; i++)
        finish_attention_avx2(args, block->sequence, block->row + i, block->head, t->total.m[i], t->total.l[i], t->total.o[i]);
}

/*
** Asks for the queries of a head in the rows row .. end - 1, and for where their results go. Inside of its caller: GCC drops
** the call of a function that does nothing but ask.
*/
OP_avx2 void prefill_fetch_attention_avx2(const struct attn_args *args, int32_t head, int64_t row, int64_t end)
{
    for (; row < end; row++) {
        const float *q = (const float *)args->q + row * args->q_stride + head * args->q_head_stride;
        const float *o = (const float *)args->o + row * args->o_stride + head * args->o_head_stride;
        for (int d = 0; d < D_K_attention; d += 16)
            ATTN_FETCH(q + d);
        for (int d = 0; d < D_V_attention; d += 16)
            ATTN_FETCH(o + d);
    }
}

/*
** The same for the last tile of an only segment, and the results: of 6 queries at a time, so that the memory which
** they go to is waited for while o of the next ones is made. Where fewer queries than that are
** left, o goes through the state. As many rows of the next block are asked for each time.
*/
KERNEL_avx2 void prefill_conclude_attention_avx2(const struct attn_args *args, const struct prefill_block_attention_avx2 *block,
    const struct prefill_tile_attention_avx2 *tile, struct prefill_scratch_attention_avx2 *t)
{
    const struct prefill_state_attention_avx2 *total = &t->total;
    const int64_t next = block->row + QUERIES_attention_avx2, end = block->sequence->q_row + block->sequence->q_len;
    int32_t query = 0;
    if (tile->keys > 0) {
        struct prefill_results_attention_avx2 *results = &t->results;
        results->o = (float *)args->o + block->row * args->o_stride + block->head * args->o_head_stride;
        results->apart = args->o_stride;
        prefill_weigh_attention_avx2(block, tile, t);
        for (; query + 6 <= block->queries; query += 6) {
            prefill_fetch_attention_avx2(args, block->head, next + query, next + query + 6 < end ? next + query + 6 : end);
            for (int32_t i = query; i < query + 6; i++)
                results->factor[i] = finish_factor_attention_avx2(args, block->row + i, block->head, total->m[i], total->l[i]);
            prefill_accumulate_attention_avx2(block, tile, query, query + 6, results, t);
            for (int32_t i = query; i < query + 6; i++)
                if (total->l[i] == 0.0f)
                    finish_hidden_attention_avx2(block->sequence, block->head, results->o + i * results->apart);
        }
        prefill_accumulate_attention_avx2(block, tile, query, block->queries, NULL, t);
    }
    prefill_finish_attention_avx2(args, block, query, block->queries, t);
}

/* What the block's queries see of a tile; SOME also when it has fewer keys or queries than it could. */
static int prefill_sight_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t key0, int32_t keys)
{
    if (keys < TILE_attention_avx2 || block->queries < QUERIES_attention_avx2)
        return SEES_SOME;
    return sight_attention(block->first, block->first + QUERIES_attention_avx2 - 1, key0, key0 + TILE_attention_avx2 - 1, &block->view);
}

/*
** Scores of the tile at key0, after which the tile before it is settled and the new one takes
** its place.
*/
KERNEL_avx2 void prefill_advance_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t key0,
    struct prefill_tile_attention_avx2 *before, struct prefill_scratch_attention_avx2 *t)
{
    const int32_t left = block->view.kv_len - key0, keys = left < TILE_attention_avx2 ? left : TILE_attention_avx2;
    const int sight = prefill_sight_attention_avx2(block, key0, keys);
    if (sight == SEES_NONE)
        return;
    const struct block_attention *stored = tile_block_attention(block->sequence, kv_of_attention(block->head), key0);
    const float *k = &stored->k[key0 % BLOCK_attention / PANEL_attention][0][key0 % PANEL_attention];
    const float *v = stored->v[0][key0 % BLOCK_attention];
    const int32_t key1 = key0 + TILE_attention_avx2 < block->view.kv_len ? key0 + TILE_attention_avx2 : key0;
    const struct block_attention *behind = tile_block_attention(block->sequence, kv_of_attention(block->head), key1);
    const char *next_k = (const char *)behind->k + key1 % BLOCK_attention * 128;
    float (*s)[QUERIES_attention_avx2] = t->s[0];
    struct prefill_seen_attention_avx2 *seen = t->seen;
    prefill_settle_attention_avx2(block, before, t);
    if (sight == SEES_ALL)
        prefill_scores_all_attention_avx2(block, key0, k, v, t, s);
    else
        prefill_scores_some_attention_avx2(block, key0, keys, k, t, seen, s);
    if (prefill_maximum_attention_avx2(t, block->queries) && before->v != NULL)       /* o of a segment's first tile is 0 */
        prefill_rescale_attention_avx2(t, block->queries);
    *before = (struct prefill_tile_attention_avx2){ s, seen, v, key0, keys, sight, 0, before->v == NULL, block->view.kv_len >= FAR_KEYS_attention_avx2 ? next_k : NULL };
}

/* Keys first .. last, all of one segment, from an empty state; gives the last tile, which is not settled yet. */
KERNEL_avx2 struct prefill_tile_attention_avx2 prefill_segment_attention_avx2(const struct prefill_block_attention_avx2 *block, int32_t first, int32_t last,
    struct prefill_state_attention_avx2 *state, struct prefill_scratch_attention_avx2 *t)
{
    t->state = state;
    for (int i = 0; i < QUERIES_attention_avx2; i++) {
        state->m[i] = ATTN_HIDDEN;
        state->l[i] = 0.0f;
    }
    struct prefill_tile_attention_avx2 tile = { t->s[0], t->seen, NULL, 0, 0, SEES_NONE, 0, 0, NULL };
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_avx2;
        prefill_advance_attention_avx2(block, key0, &tile, t);
        first = key0 + TILE_attention_avx2;
    }
    return tile;
}

/* Blocks of queries of one head. */
static int64_t prefill_blocks_attention_avx2(const struct attn_sequence *sequence)
{
    return prefill_by_rows_attention_avx2(sequence) ? 0 : (sequence->q_len + QUERIES_attention_avx2 - 1) / QUERIES_attention_avx2;
}

/* The block that a task is: tasks count sequences, then heads, then blocks of queries. */
static struct prefill_block_attention_avx2 prefill_block_find_attention_avx2(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t blocks = 0;
    for (;; b++) {
        blocks = prefill_blocks_attention_avx2(&args->sequence[b]);
        if (task < blocks * HEADS_attention)
            break;
        task -= blocks * HEADS_attention;
    }
    const struct attn_sequence *sequence = &args->sequence[b];
    const int32_t index = (int32_t)(task % blocks) * QUERIES_attention_avx2, left = sequence->q_len - index;
    const int32_t head = (int32_t)(task / blocks);
    const struct prefill_block_attention_avx2 block = {
        sequence, sequence->q_row + index,
        left < QUERIES_attention_avx2 ? left : QUERIES_attention_avx2, sequence->q_offset + index,
        head, attn_view_of(args, b, head)
    };
    return block;
}

/* All segments, and the results. The first one is the total of those so far, and each later one is merged into it. */
KERNEL_avx2 void prefill_segments_attention_avx2(const struct attn_args *args, const struct prefill_block_attention_avx2 *block, struct prefill_scratch_attention_avx2 *t)
{
    int32_t first = 0, last = block->view.kv_len - 1;
    struct prefill_state_attention_avx2 *total = &t->total, *state = total;
    for (int32_t i = 0; i < block->queries; i++)
        total->l[i] = 0.0f;
    visible_keys_attention(block->first, block->first + block->queries - 1, &block->view, &first, &last);
    while (first <= last) {
        const int32_t segment_last = first - first % SEGMENT_attention_avx2 + SEGMENT_attention_avx2 - 1;
        const struct prefill_tile_attention_avx2 tile = prefill_segment_attention_avx2(block, first, segment_last < last ? segment_last : last, state, t);
        if (state == total && segment_last >= last) {
            prefill_conclude_attention_avx2(args, block, &tile, t);
            return;
        }
        prefill_settle_attention_avx2(block, &tile, t);
        if (state != total)
            for (int32_t i = 0; i < block->queries; i++)
                merge_attention_avx2(state->m[i], state->l[i], state->o[i], &total->m[i], &total->l[i], total->o[i]);
        state = &t->segment;
        first = segment_last + 1;
    }
    prefill_finish_attention_avx2(args, block, 0, block->queries, t);
}

KERNEL_avx2 void prefill_run_block_attention_avx2(const struct attn_args *args, int64_t task, struct prefill_scratch_attention_avx2 *t)
{
    const struct prefill_block_attention_avx2 block = prefill_block_find_attention_avx2(args, task);
    prefill_queries_attention_avx2(args, &block, t);
    prefill_segments_attention_avx2(args, &block, t);
}

/* Bytes of the workspace before the partials of what goes by rows. */
static size_t prefill_bounds_bytes_attention_avx2(const struct attn_args *args)
{
    (void)args;
    return 0;
}

/* What goes by rows. */
static struct decode_call_attention_avx2 prefill_call_attention_avx2(const struct attn_args *args)
{
    struct decode_call_attention_avx2 call = { args, 0, NULL };
    if (args->workspace != NULL)
        call.partials = (void *)((char *)args->workspace + prefill_bounds_bytes_attention_avx2(args));
    return call;
}

static size_t prefill_workspace_bytes_attention_avx2(const struct attn_args *args)
{
    const struct decode_call_attention_avx2 call = prefill_call_attention_avx2(args);
    return prefill_bounds_bytes_attention_avx2(args) + decode_bytes_attention_avx2(&call);
}

static int64_t prefill_block_tasks_attention_avx2(const struct attn_args *args)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += prefill_blocks_attention_avx2(&args->sequence[b]) * HEADS_attention;
    return tasks;
}

/* Pass 0 has blocks of queries and rows, pass 1 what merges rows. */
static int64_t prefill_tasks_attention_avx2(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_avx2 call = prefill_call_attention_avx2(args);
    return decode_tasks_of_attention_avx2(&call, pass - 0) + (pass == 0 ? prefill_block_tasks_attention_avx2(args) : 0);
}

KERNEL_avx2 void prefill_run_attention_avx2(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_avx2 call = prefill_call_attention_avx2(args);
    const int64_t blocks = pass == 0 ? prefill_block_tasks_attention_avx2(args) : 0;
    if (task < blocks)
        prefill_run_block_attention_avx2(args, task, scratch);
    else
        decode_run_of_attention_avx2(&call, pass - 0, task - blocks, scratch);
}

union prefill_room_attention_avx2 {
    struct prefill_scratch_attention_avx2 block;
    struct decode_scratch_attention_avx2 rows;
};

static const struct attn_attention attention_attention_avx2 = {
    "attention", "softmax heads=4 kv_heads=2 d_k=32 d_v=20 scale=0.17677669529663687 mask=\"k <= q and q - k <= 15\" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32", "avx2", "f32",
    HEADS_attention, KV_HEADS_attention, D_K_attention, D_V_attention, 32,
    0, NULL,
    0, NULL,
    0, -1, cache_bytes_attention, rotation_attention,
    {
        "rows into blocks of 64 keys, K by 16 keys, V by 16 columns",
        1, D_K_attention * sizeof(float), write_workspace_bytes_attention, write_tasks_attention, write_run_attention
    },
    {
        "online softmax, scores lanes=queries 4 keys x 24 queries, o lanes=d_v 6 queries x 16, tile 24 queries x 64 keys, segment 1024, 16 of 16 registers, 28 KiB",
        2, sizeof(union prefill_room_attention_avx2),
        prefill_workspace_bytes_attention_avx2, prefill_tasks_attention_avx2, prefill_run_attention_avx2
    },
    {
        "split keys, scores lanes=keys 2 heads x 16 keys, o lanes=d_v, tile 2 heads x 64 keys, segment 1024, 7 of 16 registers, 17 KiB",
        2, sizeof(struct decode_scratch_attention_avx2),
        decode_workspace_bytes_attention_avx2, decode_tasks_attention_avx2, decode_run_attention_avx2
    },
    { NULL, 0, 0, NULL, NULL, NULL },
    read_attention, store_attention, NULL, NULL,
    merge_results_attention_avx2
};

#endif

/* All tasks of a phase, one after another. */
static void attn_run_all(const struct attn_phase *phase, const struct attn_args *args,
                         void *scratch)
{
    for (int pass = 0; pass < phase->passes; pass++) {
        const int64_t tasks = phase->tasks(args, pass);
        for (int64_t task = 0; task < tasks; task++)
            phase->run(args, pass, task, scratch);
    }
}

const struct attn_attention *windowed_attention(void)
{
#if defined(__x86_64__)
    if (cpu_has_avx2())
        return &attention_attention_avx2;
#endif
    return NULL;
}

void windowed_attention_write(const struct attn_args *args, void *scratch)
{
    attn_run_all(&windowed_attention()->write, args, scratch);
}

void windowed_attention_prefill(const struct attn_args *args, void *scratch)
{
    attn_run_all(&windowed_attention()->prefill, args, scratch);
}

void windowed_attention_decode(const struct attn_args *args, void *scratch)
{
    attn_run_all(&windowed_attention()->decode, args, scratch);
}

static const struct attn_attention *(*const resolvers[])(void) = {
    windowed_attention,
};

/* (attentions, targets); NULL where this machine cannot have the target, or the target is for other attentions. */
static const struct attn_attention *const all[] = {
#if defined(__x86_64__)
    &attention_attention_avx2,
#else
    NULL,
#endif
};

static int supported_avx2(void)
{
#if defined(__x86_64__)
    return cpu_has_avx2();
#else
    return 0;
#endif
}

static int (*const supported[])(void) = {
    supported_avx2,
};

const struct attn_model_kernels windowed_kernels = {
    ATTN_CONTRACT, "windowed", 1, resolvers, 1, all, supported, 0, NULL
};
