/*
** mine.c: attention kernels of the model mine.
** Made by attngen 0.1 from mine.lua; do not edit.
**
**   attention
**     softmax heads=6 kv_heads=2 d_k=32 d_v=32 scale=0.17677669529663687 mask="k <= q" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32
**
**   attention on scalar
**     prefill  online softmax, scores lanes=queries 4 keys x 3 queries, o lanes=d_v 6 queries x 2, tile 12 queries x 64 keys, segment 1024, 16 of 16 registers, 22 KiB
**     decode   split keys, scores lanes=keys 3 heads x 2 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 9 of 16 registers, 17 KiB
**     append   split keys, at most 32 queries, scores lanes=keys 4 rows x 2 keys, o lanes=d_v 4 rows x 2, 11 of 16 registers
**   attention on avx2
**     prefill  online softmax, scores lanes=queries 4 keys x 24 queries, o lanes=d_v 6 queries x 16, tile 24 queries x 64 keys, segment 1024, 16 of 16 registers, 28 KiB
**     decode   split keys, scores lanes=keys 3 heads x 16 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 9 of 16 registers, 17 KiB
**     append   split keys, at most 32 queries, scores lanes=keys 4 rows x 16 keys, o lanes=d_v 4 rows x 16, 11 of 16 registers
**   attention on avx512
**     prefill  online softmax, scores lanes=queries 4 keys x 64 queries, o lanes=d_v 8 queries x 32, tile 64 queries x 64 keys, segment 1024, 21 of 32 registers, 48 KiB
**     decode   split keys, scores lanes=keys 3 heads x 16 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 5 of 32 registers, 17 KiB
**     append   split keys, at most 32 queries, scores lanes=keys 4 rows x 64 keys, o lanes=d_v 4 rows x 32, 21 of 32 registers
**
**   targets scalar, avx2, avx512
**   digest  ce0ca31e212a8760   (of all that follows this comment)
**
** The numbers of a query do not depend on the phase, on how a prompt was cut into chunks, on its
** neighbours or on the number of threads: a score is one FMA chain over d, a tile's
** weights are summed by one fixed tree, o is one FMA chain over the keys of a
** segment, segments start at fixed places and merge from left to right.
*/
#include "mine.h"

/* Results must not change with the user's flags: no fused operation that is not written here. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile mine.c without -ffast-math and -ffinite-math-only: online softmax needs infinities"
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

/* F, DQ, BW and VL. */
static int cpu_has_avx512(void)
{
    const uint32_t one = 1, needed = one << 16 | one << 17 | one << 30 | one << 31;
    return cpu_has_avx2() && cpu_saves(0xe6) && (cpu_id(7).b & needed) == needed;
}

#endif

static float f32_store(float x)      { return x; }
static float f32_value(float stored) { return stored; }

/*
** Definition attention: what all targets share.
** softmax heads=6 kv_heads=2 d_k=32 d_v=32 scale=0.17677669529663687 mask="k <= q" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32
*/
enum {
    HEADS_attention    = 6,
    KV_HEADS_attention = 2,
    GROUP_attention    = 3,      /* query heads that share a KV head: head h reads KV head h / GROUP */
    D_K_attention      = 32,
    D_V_attention      = 32,
    V_ROW_attention    = 32       /* values of a cached row of V: D_V, padded to whole vectors */
};

/* The KV head that a query head reads. */
static int32_t kv_of_attention(int32_t head)
{
    return head / GROUP_attention;
}

/* What the queries q_first .. q_last see of the keys k_first .. k_last: "k <= q". */
static int sight_attention(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last,
                   const struct attn_view *view)
{
    (void)view;
    if (k_first > q_last)
        return 0;
    return k_last <= q_first ? 2 : 1;
}

/* Narrows keys *first .. *last to those that one of the queries q_first .. q_last may see. */
static void visible_keys_attention(int32_t q_first, int32_t q_last, const struct attn_view *view,
                           int32_t *k_first, int32_t *k_last)
{
    (void)view;
    (void)q_first;
    (void)k_first;
    if (*k_last > q_last)
        *k_last = q_last;
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

/* Target scalar ------------------------------------------------------------------------- */

#define KERNEL_scalar static __attribute__((noinline))
#define OP_scalar static inline __attribute__((always_inline, unused))
#define vexp2_scale_scalar 1.0f

typedef float vec_scalar;
typedef int32_t ivec_scalar;
typedef int mask_scalar;

OP_scalar vec_scalar vzero_scalar(void)                                 { return 0.0f; }
OP_scalar vec_scalar vset_scalar(float x)                               { return x; }
OP_scalar vec_scalar vload_scalar(const float *p)                       { return *p; }
OP_scalar void vstore_scalar(float *p, vec_scalar a)                    { *p = a; }
OP_scalar vec_scalar vadd_scalar(vec_scalar a, vec_scalar b)                      { return a + b; }
OP_scalar vec_scalar vsub_scalar(vec_scalar a, vec_scalar b)                      { return a - b; }
OP_scalar vec_scalar vmul_scalar(vec_scalar a, vec_scalar b)                      { return a * b; }
OP_scalar vec_scalar vfma_scalar(vec_scalar a, vec_scalar b, vec_scalar c)             { return a * b + c; }     /* two roundings: no instruction to rely on */
OP_scalar vec_scalar vmax_scalar(vec_scalar a, vec_scalar b)                      { return a > b ? a : b; }
OP_scalar vec_scalar vdiv_scalar(vec_scalar a, vec_scalar b)                      { return a / b; }
OP_scalar vec_scalar vmin_scalar(vec_scalar a, vec_scalar b)                      { return a < b ? a : b; }
OP_scalar vec_scalar vabs_scalar(vec_scalar a)                               { return a < 0.0f ? -a : a + 0.0f; }      /* -0.0 + 0.0 is 0.0 */
OP_scalar vec_scalar vfromi_scalar(ivec_scalar a)                            { return (float)a; }
OP_scalar vec_scalar vfromi_low4_scalar(ivec_scalar a)                       { return (float)(a & 15); }
OP_scalar mask_scalar veq_scalar(vec_scalar a, vec_scalar b)                      { return a == b; }
OP_scalar mask_scalar vlt_scalar(vec_scalar a, vec_scalar b)                      { return a < b; }
OP_scalar mask_scalar vle_scalar(vec_scalar a, vec_scalar b)                      { return a <= b; }
OP_scalar vec_scalar vtable_scalar(const float *table, ivec_scalar i)        { return table[i]; }
OP_scalar mask_scalar vgreater_scalar(vec_scalar a, vec_scalar b)                 { return a > b; }
OP_scalar vec_scalar vselect_scalar(mask_scalar m, vec_scalar a, vec_scalar b)         { return m ? a : b; }
OP_scalar float vfirst_scalar(vec_scalar a)                             { return a; }
OP_scalar float vlargest_scalar(vec_scalar a)                           { return a; }
OP_scalar float vsum_scalar(vec_scalar a)                               { return a; }

OP_scalar ivec_scalar iset_scalar(int32_t x)                            { return x; }
OP_scalar ivec_scalar iramp_scalar(int32_t x)                           { return x; }
OP_scalar ivec_scalar iadd_scalar(ivec_scalar a, ivec_scalar b)                   { return a + b; }
OP_scalar ivec_scalar isub_scalar(ivec_scalar a, ivec_scalar b)                   { return a - b; }
OP_scalar ivec_scalar imul_scalar(ivec_scalar a, ivec_scalar b)                   { return a * b; }
OP_scalar ivec_scalar iabs_scalar(ivec_scalar a)                             { return a < 0 ? -a : a; }
OP_scalar ivec_scalar imin_scalar(ivec_scalar a, ivec_scalar b)                   { return a < b ? a : b; }
OP_scalar ivec_scalar imax_scalar(ivec_scalar a, ivec_scalar b)                   { return a > b ? a : b; }
OP_scalar ivec_scalar iselect_scalar(mask_scalar m, ivec_scalar a, ivec_scalar b)      { return m ? a : b; }
OP_scalar ivec_scalar itable_scalar(const int32_t *table, ivec_scalar i)     { return table[i]; }
OP_scalar ivec_scalar ihalf_scalar(ivec_scalar a)                            { return a >> 1; }                                 /* floored */
OP_scalar ivec_scalar iexponent_scalar(ivec_scalar a)                        { return a >> 23; }                                /* of the bits of a float */
OP_scalar ivec_scalar iand_scalar(ivec_scalar a, ivec_scalar b)                   { return a & b; }
OP_scalar ivec_scalar ileft_scalar(ivec_scalar a, int bits)                  { return (int32_t)((uint32_t)a << bits); }
OP_scalar ivec_scalar iright_scalar(ivec_scalar a, int bits)                 { return (int32_t)((uint32_t)a >> bits); }         /* zeros come in */
OP_scalar ivec_scalar iload_s8_scalar(const int8_t *p)                  { return *p; }
OP_scalar ivec_scalar iload_u8_scalar(const uint8_t *p)                 { return *p; }
OP_scalar ivec_scalar iload_u16_scalar(const uint16_t *p)               { return *p; }
OP_scalar void istore_u16_scalar(uint16_t *p, ivec_scalar a)            { *p = (uint16_t)a; }                              /* of 0 to 65535 */
OP_scalar ivec_scalar iload_u32_scalar(const uint32_t *p)               { return (int32_t)*p; }
OP_scalar ivec_scalar idiv_scalar(ivec_scalar a, ivec_scalar b)                   { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
OP_scalar ivec_scalar imod_scalar(ivec_scalar a, ivec_scalar b)                   { return a - idiv_scalar(a, b) * b; }
OP_scalar mask_scalar ieq_scalar(ivec_scalar a, ivec_scalar b)                    { return a == b; }
OP_scalar mask_scalar ile_scalar(ivec_scalar a, ivec_scalar b)                    { return a <= b; }
OP_scalar mask_scalar ilt_scalar(ivec_scalar a, ivec_scalar b)                    { return a < b; }
OP_scalar mask_scalar mset_scalar(int all)                              { return all != 0; }
OP_scalar mask_scalar mand_scalar(mask_scalar a, mask_scalar b)                   { return a & b; }
OP_scalar mask_scalar mor_scalar(mask_scalar a, mask_scalar b)                    { return a | b; }
OP_scalar mask_scalar mnot_scalar(mask_scalar a)                             { return !a; }
OP_scalar int many_scalar(mask_scalar a)                                { return a; }

OP_scalar ivec_scalar vbits_scalar(vec_scalar a)
{
    int32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

OP_scalar vec_scalar vfrombits_scalar(ivec_scalar a)
{
    float x;
    memcpy(&x, &a, sizeof x);
    return x;
}

/* The upper halves of the lanes, two to a unit from half `first` on: the one of an even place is the lower. */
OP_scalar void vstore_halves_scalar(float *units, int first, vec_scalar a)
{
    const uint32_t upper = (uint32_t)vbits_scalar(a) >> 16, old = (uint32_t)vbits_scalar(units[first / 2]);
    units[first / 2] = vfrombits_scalar((int32_t)(first % 2 == 0 ? (old & 0xffff0000u) | upper : (old & 0xffffu) | upper << 16));
}

/* Halves, of IEEE 754: one below 2^-14 counts units of 2^-24. */
OP_scalar vec_scalar vload_half_scalar(const uint16_t *p)
{
    const int32_t size = *p & 0x7fff;
    const float x = size < 0x400 ? (float)size * 5.9604644775390625e-8f : vfrombits_scalar((size << 13) + (112 << 23));
    return *p & 0x8000 ? -x : x;
}

/* The nearest half, even in a tie: infinity from 65520 on; a NaN keeps the upper part of its bits. */
OP_scalar void vstore_half_scalar(uint16_t *p, vec_scalar a)
{
    const uint32_t bits = (uint32_t)vbits_scalar(a), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    if (size > 0x7f800000u)
        *p = (uint16_t)(sign | 0x7e00u | (size >> 13 & 0x1ffu));
    else if (size >= 0x477ff000u)
        *p = (uint16_t)(sign | 0x7c00u);
    else if (size >= 0x38800000u)
        *p = (uint16_t)(sign | (((size + 0xfffu + (size >> 13 & 1u)) >> 13) - (112u << 10)));
    else                                                  /* below 2^-14: the sum rounds to units of 2^-24 */
        *p = (uint16_t)(sign | ((uint32_t)vbits_scalar(vabs_scalar(a) + 0.5f) - 0x3f000000u));
}

/* The upper halves of floats. */
OP_scalar vec_scalar vload_bfloat_scalar(const uint16_t *p)             { return vfrombits_scalar(ileft_scalar(*p, 16)); }

/* 2^n */
OP_scalar vec_scalar vpower_scalar(ivec_scalar n)                            { return vfrombits_scalar((int32_t)((uint32_t)(n + 127) << 23)); }

OP_scalar vec_scalar vfloor_scalar(vec_scalar a)
{
    if (!(vabs_scalar(a) < 8388608.0f))                        /* whole already, infinite or a NaN */
        return a;
    const float cut = (float)(int32_t)a;
    return cut > a ? cut - 1.0f : cut;
}

/* Newton's steps in double, from the bits halved: closer to the root than any float's rounding can tell. */
OP_scalar vec_scalar vsqrt_scalar(vec_scalar a)
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
OP_scalar void vtranspose_scalar(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    (void)from_stride;
    (void)to_stride;
    *to = *from;
}

/* 2^x for x up to 100; below -120 it is 2^-120. Relative error 1.5e-7. */
OP_scalar vec_scalar vexp2_scalar(vec_scalar x)
{
    x = vmax_scalar(x, -120.0f);
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

OP_scalar vec_scalar vexp2_exact_scalar(vec_scalar x)                        { return vexp2_scalar(x); }

OP_scalar vec_scalar vload_f32_scalar(const float *p)                   { return vload_scalar(p); }

/* Definition attention on scalar. */
enum {
    TILE_attention_scalar     = 64,        /* keys whose weights are computed together; a block holds whole tiles */
    PARTIALS_attention_scalar = 16,    /* partial sums of a tile's weights: of keys so far apart */
    SEGMENT_attention_scalar  = 1024      /* keys of one partial result; they start at its multiples */
};

/* Which of the queries q see key k. */
OP_scalar mask_scalar sees_queries_attention_scalar(ivec_scalar q, int32_t k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    if (k >= kv_len)
        return mset_scalar(0);
    return ile_scalar(iset_scalar(k), q);
}

/* Which of the keys k query q sees. */
OP_scalar mask_scalar sees_keys_attention_scalar(int32_t q, ivec_scalar k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    return mand_scalar(ilt_scalar(k, iset_scalar(kv_len)), ile_scalar(k, iset_scalar(q)));
}

/* The weight of a score, in log2, relative to m. */
OP_scalar vec_scalar weight_attention_scalar(vec_scalar s, vec_scalar m)
{
    return vexp2_scalar(vsub_scalar(s, m));
}

/*
** Adds a segment's (m, l, o) of one query to the total of those before. A segment without
** a visible key adds nothing. The factor of the larger m is 1: what vexp2_exact makes of 0 is
** wrong by up to 6e-7, always to the same side, which hundreds of segments would add up.
*/
KERNEL_scalar void merge_attention_scalar(float m, float l, const float *restrict o,
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
    const vec_scalar factor = vexp2_exact_scalar(vset_scalar(grows ? *m_total - m : m - *m_total));
    const vec_scalar old = grows ? factor : vset_scalar(1.0f), new = grows ? vset_scalar(1.0f) : factor;
    *m_total = grows ? m : *m_total;
    *l_total = vfirst_scalar(vfma_scalar(vset_scalar(l), new, vmul_scalar(vset_scalar(*l_total), old)));
    for (int d = 0; d < V_ROW_attention; d += 1)
        vstore_scalar(o_total + d, vfma_scalar(vload_scalar(o + d), new, vmul_scalar(vload_scalar(o_total + d), old)));
}

/* One row of two results: weighted by e^(lse - top), top the larger lse, so that one weight is 1. */
KERNEL_scalar void merge_row_attention_scalar(float *restrict o, float *lse, const float *restrict other_o, float other_lse)
{
    const float top = *lse > other_lse ? *lse : other_lse;
    const float least = *lse > other_lse ? other_lse : *lse;
    const float factor = vfirst_scalar(vexp2_exact_scalar(vset_scalar((least - top) * ATTN_LOG2E))), sum = 1.0f + factor;
    const float own = *lse > other_lse ? 1.0f : factor, other = *lse > other_lse ? factor : 1.0f;
    *lse = (float)(top + attn_log(sum));
    for (int d = 0; d < D_V_attention; d++)
        o[d] = (own * o[d] + other * other_o[d]) / sum;
}

/* Two results over keys that share none become one; a row that saw no key adds nothing. */
KERNEL_scalar void merge_results_attention_scalar(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse)
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
            merge_row_attention_scalar(row, &lse[i], other, other_lse[i]);
    }
}

/* What makes o of o_total: 1 / l, and 0 for a query that saw no key; and lse. */
OP_scalar float finish_factor_attention_scalar(const struct attn_args *args, int64_t row, int32_t head, float m, float l)
{
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] =
            l > 0.0f ? (float)(m * ATTN_LN2 + attn_log(l * vexp2_scale_scalar)) : ATTN_HIDDEN;
    if (l == 0.0f)
        return 0.0f;
    return 1.0f / l;
}

/* A vector of columns of o. Adding 0 makes every zero positive: hidden keys could have turned the sign of one. */
OP_scalar void finish_columns_attention_scalar(float *o, int column, vec_scalar o_total, float factor)
{
    const vec_scalar result = vadd_scalar(vmul_scalar(o_total, vset_scalar(factor)), vzero_scalar());
    vstore_scalar(o + column, result);
}

/* The row of o of a query that saw no key: zeros. */
KERNEL_scalar void finish_hidden_attention_scalar(const struct attn_sequence *sequence, int32_t head, float *restrict o)
{
    (void)sequence;
    (void)head;
    for (int d = 0; d < D_V_attention; d++)
        o[d] = 0.0f;
}

/* The row of o of one query, and its lse. */
KERNEL_scalar void finish_attention_scalar(const struct attn_args *args, const struct attn_sequence *sequence, int64_t row, int32_t head,
    float m, float l, const float *restrict o_total)
{
    float *restrict o = (float *)args->o + row * args->o_stride + head * args->o_head_stride;
    const float factor = finish_factor_attention_scalar(args, row, head, m, l);
    if (l == 0.0f) {
        finish_hidden_attention_scalar(sequence, head, o);
        return;
    }
    for (int column = 0; column < D_V_attention; column += 1)
        finish_columns_attention_scalar(o, column, vload_scalar(o_total + column), factor);
}
/*
** Prefill, scalar: a block of 12 queries of one head walks the keys, a tile of 64 at
** a time. Scores have lanes = queries, so that the softmax needs no reduction across
** lanes and K is read as the cache stores it; o has lanes = d_v.
*/
enum {
    QUERIES_attention_scalar = 12,      /* queries in a block */
    FAR_KEYS_attention_scalar = 32768,   /* from so many keys on a head's K and V, 8 MiB, come from memory */
    APPEND_attention_scalar  = 32,      /* most queries of a sequence that goes by rows, as in decode */
    APPEND_KEYS_attention_scalar = 8,    /* and its keys for each of them, at least */
    Q_ROW_attention_scalar   = 32       /* D_K, padded to whole vectors */
};

/* What the keys of a segment, or of the segments so far, come to for each query. */
struct prefill_state_attention_scalar {
    float o[QUERIES_attention_scalar][V_ROW_attention];
    float m[QUERIES_attention_scalar], l[QUERIES_attention_scalar];        /* running maximum (log2) and sum */
};

/* Keys of a mixed tile, counted from its first one, that some query of each vector may see: first .. last. */
struct prefill_seen_attention_scalar {
    int32_t first[12], last[12];
};

/* Where the results of a block's queries go, `apart` from query to query, and what makes them of o. */
struct prefill_results_attention_scalar {
    float *o;
    int64_t apart;
    float factor[QUERIES_attention_scalar];
};

struct prefill_scratch_attention_scalar {
    float q[Q_ROW_attention_scalar][QUERIES_attention_scalar];             /* transposed, rotated, scaled */
    float rows[1][Q_ROW_attention_scalar];             /* the same of a vector of queries, not yet transposed */
    float s[1][TILE_attention_scalar][QUERIES_attention_scalar];      /* scores of a tile, then weights p */
    struct prefill_seen_attention_scalar seen[1];
    float sums[PARTIALS_attention_scalar][QUERIES_attention_scalar];       /* partial sums of p */
    struct prefill_state_attention_scalar total, segment;   /* of the first segment and those merged with it; of a later one */
    struct prefill_state_attention_scalar *state;           /* the one that is at work */
    struct prefill_results_attention_scalar results;
    float tile_max[QUERIES_attention_scalar];
    float alpha[QUERIES_attention_scalar];                  /* what the last rescale multiplied by */
};

/* Where a block is: some queries of one sequence and one head. */
struct prefill_block_attention_scalar {
    const struct attn_sequence *sequence;
    int64_t row;                 /* of its first query in q and o */
    int32_t queries, first;      /* how many, and the first one's place on the key axis */
    int32_t head;                /* of q and o */
    struct attn_view view;
};

/* Transposes the block's queries, rotated and scaled; lanes without a query are zero. */
KERNEL_scalar void prefill_queries_attention_scalar(const struct attn_args *args, const struct prefill_block_attention_scalar *block,
    struct prefill_scratch_attention_scalar *t)
{
    for (int32_t lane = 0; lane < QUERIES_attention_scalar; lane += 1) {
        for (int32_t i = 0; i < 1; i++)
            if (lane + i < block->queries)
                query_row_attention(args, block->row + lane + i, block->head, t->rows[i]);
            else
                memset(t->rows[i], 0, sizeof t->rows[i]);
        for (int d = 0; d < Q_ROW_attention_scalar; d += 1)
            vtranspose_scalar(&t->rows[0][d], Q_ROW_attention_scalar, &t->q[d][lane], QUERIES_attention_scalar);
    }
}

/* s = q k for 8 keys x 1 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_scalar void prefill_scores_1_attention_scalar(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_scalar *restrict t, float (*restrict s)[QUERIES_attention_scalar])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_scalar s0_0 = vzero_scalar();
    vec_scalar s1_0 = vzero_scalar();
    vec_scalar s2_0 = vzero_scalar();
    vec_scalar s3_0 = vzero_scalar();
    vec_scalar s4_0 = vzero_scalar();
    vec_scalar s5_0 = vzero_scalar();
    vec_scalar s6_0 = vzero_scalar();
    vec_scalar s7_0 = vzero_scalar();
    for (int d = 0; d < 32; d += 1) {
        const vec_scalar q0_0 = vload_scalar(&t->q[d + 0][lane + 0]);
        const vec_scalar k0_0 = vset_scalar(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_scalar(q0_0, k0_0, s0_0);
        const vec_scalar k0_1 = vset_scalar(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_scalar(q0_0, k0_1, s1_0);
        const vec_scalar k0_2 = vset_scalar(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_scalar(q0_0, k0_2, s2_0);
        const vec_scalar k0_3 = vset_scalar(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_scalar(q0_0, k0_3, s3_0);
        const vec_scalar k0_4 = vset_scalar(panel[(d + 0) * PANEL_attention + 4]);
        s4_0 = vfma_scalar(q0_0, k0_4, s4_0);
        const vec_scalar k0_5 = vset_scalar(panel[(d + 0) * PANEL_attention + 5]);
        s5_0 = vfma_scalar(q0_0, k0_5, s5_0);
        const vec_scalar k0_6 = vset_scalar(panel[(d + 0) * PANEL_attention + 6]);
        s6_0 = vfma_scalar(q0_0, k0_6, s6_0);
        const vec_scalar k0_7 = vset_scalar(panel[(d + 0) * PANEL_attention + 7]);
        s7_0 = vfma_scalar(q0_0, k0_7, s7_0);
    }
    vstore_scalar(&s[key + 0][lane + 0], s0_0);
    vstore_scalar(&s[key + 1][lane + 0], s1_0);
    vstore_scalar(&s[key + 2][lane + 0], s2_0);
    vstore_scalar(&s[key + 3][lane + 0], s3_0);
    vstore_scalar(&s[key + 4][lane + 0], s4_0);
    vstore_scalar(&s[key + 5][lane + 0], s5_0);
    vstore_scalar(&s[key + 6][lane + 0], s6_0);
    vstore_scalar(&s[key + 7][lane + 0], s7_0);
}

/* s = q k for 4 keys x 2 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_scalar void prefill_scores_2_attention_scalar(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_scalar *restrict t, float (*restrict s)[QUERIES_attention_scalar])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_scalar s0_0 = vzero_scalar();
    vec_scalar s0_1 = vzero_scalar();
    vec_scalar s1_0 = vzero_scalar();
    vec_scalar s1_1 = vzero_scalar();
    vec_scalar s2_0 = vzero_scalar();
    vec_scalar s2_1 = vzero_scalar();
    vec_scalar s3_0 = vzero_scalar();
    vec_scalar s3_1 = vzero_scalar();
    for (int d = 0; d < 32; d += 1) {
        const vec_scalar q0_0 = vload_scalar(&t->q[d + 0][lane + 0]);
        const vec_scalar q0_1 = vload_scalar(&t->q[d + 0][lane + 1]);
        const vec_scalar k0_0 = vset_scalar(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_scalar(q0_0, k0_0, s0_0);
        s0_1 = vfma_scalar(q0_1, k0_0, s0_1);
        const vec_scalar k0_1 = vset_scalar(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_scalar(q0_0, k0_1, s1_0);
        s1_1 = vfma_scalar(q0_1, k0_1, s1_1);
        const vec_scalar k0_2 = vset_scalar(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_scalar(q0_0, k0_2, s2_0);
        s2_1 = vfma_scalar(q0_1, k0_2, s2_1);
        const vec_scalar k0_3 = vset_scalar(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_scalar(q0_0, k0_3, s3_0);
        s3_1 = vfma_scalar(q0_1, k0_3, s3_1);
    }
    vstore_scalar(&s[key + 0][lane + 0], s0_0);
    vstore_scalar(&s[key + 0][lane + 1], s0_1);
    vstore_scalar(&s[key + 1][lane + 0], s1_0);
    vstore_scalar(&s[key + 1][lane + 1], s1_1);
    vstore_scalar(&s[key + 2][lane + 0], s2_0);
    vstore_scalar(&s[key + 2][lane + 1], s2_1);
    vstore_scalar(&s[key + 3][lane + 0], s3_0);
    vstore_scalar(&s[key + 3][lane + 1], s3_1);
}

/* s = q k for 4 keys x 3 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_scalar void prefill_scores_3_attention_scalar(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_scalar *restrict t, float (*restrict s)[QUERIES_attention_scalar])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_scalar s0_0 = vzero_scalar();
    vec_scalar s0_1 = vzero_scalar();
    vec_scalar s0_2 = vzero_scalar();
    vec_scalar s1_0 = vzero_scalar();
    vec_scalar s1_1 = vzero_scalar();
    vec_scalar s1_2 = vzero_scalar();
    vec_scalar s2_0 = vzero_scalar();
    vec_scalar s2_1 = vzero_scalar();
    vec_scalar s2_2 = vzero_scalar();
    vec_scalar s3_0 = vzero_scalar();
    vec_scalar s3_1 = vzero_scalar();
    vec_scalar s3_2 = vzero_scalar();
    for (int d = 0; d < 32; d += 1) {
        const vec_scalar q0_0 = vload_scalar(&t->q[d + 0][lane + 0]);
        const vec_scalar q0_1 = vload_scalar(&t->q[d + 0][lane + 1]);
        const vec_scalar q0_2 = vload_scalar(&t->q[d + 0][lane + 2]);
        const vec_scalar k0_0 = vset_scalar(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_scalar(q0_0, k0_0, s0_0);
        s0_1 = vfma_scalar(q0_1, k0_0, s0_1);
        s0_2 = vfma_scalar(q0_2, k0_0, s0_2);
        const vec_scalar k0_1 = vset_scalar(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_scalar(q0_0, k0_1, s1_0);
        s1_1 = vfma_scalar(q0_1, k0_1, s1_1);
        s1_2 = vfma_scalar(q0_2, k0_1, s1_2);
        const vec_scalar k0_2 = vset_scalar(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_scalar(q0_0, k0_2, s2_0);
        s2_1 = vfma_scalar(q0_1, k0_2, s2_1);
        s2_2 = vfma_scalar(q0_2, k0_2, s2_2);
        const vec_scalar k0_3 = vset_scalar(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_scalar(q0_0, k0_3, s3_0);
        s3_1 = vfma_scalar(q0_1, k0_3, s3_1);
        s3_2 = vfma_scalar(q0_2, k0_3, s3_2);
    }
    vstore_scalar(&s[key + 0][lane + 0], s0_0);
    vstore_scalar(&s[key + 0][lane + 1], s0_1);
    vstore_scalar(&s[key + 0][lane + 2], s0_2);
    vstore_scalar(&s[key + 1][lane + 0], s1_0);
    vstore_scalar(&s[key + 1][lane + 1], s1_1);
    vstore_scalar(&s[key + 1][lane + 2], s1_2);
    vstore_scalar(&s[key + 2][lane + 0], s2_0);
    vstore_scalar(&s[key + 2][lane + 1], s2_1);
    vstore_scalar(&s[key + 2][lane + 2], s2_2);
    vstore_scalar(&s[key + 3][lane + 0], s3_0);
    vstore_scalar(&s[key + 3][lane + 1], s3_1);
    vstore_scalar(&s[key + 3][lane + 2], s3_2);
}

/* The same for whole register tiles that are seen, with what scores are made of them, and raises each query's largest. */
OP_scalar void prefill_scores_top_attention_scalar(const float *restrict k,
    int key, int lane, struct prefill_scratch_attention_scalar *restrict t, float (*restrict s)[QUERIES_attention_scalar])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_scalar s0_0 = vzero_scalar();
    vec_scalar s0_1 = vzero_scalar();
    vec_scalar s0_2 = vzero_scalar();
    vec_scalar s1_0 = vzero_scalar();
    vec_scalar s1_1 = vzero_scalar();
    vec_scalar s1_2 = vzero_scalar();
    vec_scalar s2_0 = vzero_scalar();
    vec_scalar s2_1 = vzero_scalar();
    vec_scalar s2_2 = vzero_scalar();
    vec_scalar s3_0 = vzero_scalar();
    vec_scalar s3_1 = vzero_scalar();
    vec_scalar s3_2 = vzero_scalar();
    for (int d = 0; d < 32; d += 1) {
        const vec_scalar q0_0 = vload_scalar(&t->q[d + 0][lane + 0]);
        const vec_scalar q0_1 = vload_scalar(&t->q[d + 0][lane + 1]);
        const vec_scalar q0_2 = vload_scalar(&t->q[d + 0][lane + 2]);
        const vec_scalar k0_0 = vset_scalar(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_scalar(q0_0, k0_0, s0_0);
        s0_1 = vfma_scalar(q0_1, k0_0, s0_1);
        s0_2 = vfma_scalar(q0_2, k0_0, s0_2);
        const vec_scalar k0_1 = vset_scalar(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_scalar(q0_0, k0_1, s1_0);
        s1_1 = vfma_scalar(q0_1, k0_1, s1_1);
        s1_2 = vfma_scalar(q0_2, k0_1, s1_2);
        const vec_scalar k0_2 = vset_scalar(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_scalar(q0_0, k0_2, s2_0);
        s2_1 = vfma_scalar(q0_1, k0_2, s2_1);
        s2_2 = vfma_scalar(q0_2, k0_2, s2_2);
        const vec_scalar k0_3 = vset_scalar(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_scalar(q0_0, k0_3, s3_0);
        s3_1 = vfma_scalar(q0_1, k0_3, s3_1);
        s3_2 = vfma_scalar(q0_2, k0_3, s3_2);
    }
    vec_scalar top0 = vload_scalar(&t->tile_max[lane + 0]);
    vstore_scalar(&s[key + 0][lane + 0], s0_0);
    top0 = vmax_scalar(top0, s0_0);
    vstore_scalar(&s[key + 1][lane + 0], s1_0);
    top0 = vmax_scalar(top0, s1_0);
    vstore_scalar(&s[key + 2][lane + 0], s2_0);
    top0 = vmax_scalar(top0, s2_0);
    vstore_scalar(&s[key + 3][lane + 0], s3_0);
    top0 = vmax_scalar(top0, s3_0);
    vstore_scalar(&t->tile_max[lane + 0], top0);
    vec_scalar top1 = vload_scalar(&t->tile_max[lane + 1]);
    vstore_scalar(&s[key + 0][lane + 1], s0_1);
    top1 = vmax_scalar(top1, s0_1);
    vstore_scalar(&s[key + 1][lane + 1], s1_1);
    top1 = vmax_scalar(top1, s1_1);
    vstore_scalar(&s[key + 2][lane + 1], s2_1);
    top1 = vmax_scalar(top1, s2_1);
    vstore_scalar(&s[key + 3][lane + 1], s3_1);
    top1 = vmax_scalar(top1, s3_1);
    vstore_scalar(&t->tile_max[lane + 1], top1);
    vec_scalar top2 = vload_scalar(&t->tile_max[lane + 2]);
    vstore_scalar(&s[key + 0][lane + 2], s0_2);
    top2 = vmax_scalar(top2, s0_2);
    vstore_scalar(&s[key + 1][lane + 2], s1_2);
    top2 = vmax_scalar(top2, s1_2);
    vstore_scalar(&s[key + 2][lane + 2], s2_2);
    top2 = vmax_scalar(top2, s2_2);
    vstore_scalar(&s[key + 3][lane + 2], s3_2);
    top2 = vmax_scalar(top2, s3_2);
    vstore_scalar(&t->tile_max[lane + 2], top2);
}

/* All scores of a tile, and each query's largest. Its V, which comes next, is fetched meanwhile. */
KERNEL_scalar void prefill_scores_all_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t key0, const float *k,
    const float *v, struct prefill_scratch_attention_scalar *t, float (*s)[QUERIES_attention_scalar])
{
    (void)block;
    (void)key0;
    for (int lane = 0; lane < QUERIES_attention_scalar; lane += 1)
        vstore_scalar(&t->tile_max[lane], vset_scalar(ATTN_HIDDEN));
    for (int lane = 0; lane < QUERIES_attention_scalar; lane += 3)
        for (int key = 0; key < TILE_attention_scalar; key += 4) {
            for (int line = 0; line < 8; line++)
                ATTN_FETCH_NEAR(v + key * V_ROW_attention + line * 16);
            prefill_scores_top_attention_scalar(k, key, lane, t, s);
        }
}

static void prefill_seen_find_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t key0, int32_t keys,
    struct prefill_seen_attention_scalar *seen)
{
    for (int32_t lane = 0; lane < QUERIES_attention_scalar; lane += 1) {
        const int32_t end = lane + 1 < block->queries ? lane + 1 : block->queries;
        int32_t first = key0, last = lane < end ? key0 + keys - 1 : key0 - 1;
        if (lane < end)
            visible_keys_attention(block->first + lane, block->first + end - 1, &block->view, &first, &last);
        seen->first[lane / 1] = first - key0;
        seen->last[lane / 1] = last - key0;
    }
}

/* Scores of 8 keys for those of 3 vectors of queries that may see one of them. */
KERNEL_scalar void prefill_scores_seen_attention_scalar(const float *k, int key, int lane,
    const struct prefill_scratch_attention_scalar *t, const struct prefill_seen_attention_scalar *seen, float (*s)[QUERIES_attention_scalar])
{
    int from = lane, to = lane;
    for (int at = lane; at < lane + 3; at += 1)
        if (seen->first[at / 1] < key + 8 && seen->last[at / 1] >= key) {
            from = to == lane ? at : from;
            to = at + 1;
        }
    switch ((to - from) / 1) {
    case 1:
        prefill_scores_1_attention_scalar(k, key, from, t, s);
        break;
    case 2:
        prefill_scores_2_attention_scalar(k, key, from, t, s);
        prefill_scores_2_attention_scalar(k, key + 4, from, t, s);
        break;
    case 3:
        prefill_scores_3_attention_scalar(k, key, from, t, s);
        prefill_scores_3_attention_scalar(k, key + 4, from, t, s);
        break;
    default: break;
    }
}

/*
** The same for a tile that some of the queries see some of: hidden scores are -infinity. Keys
** that no query of a vector sees have none.
*/
KERNEL_scalar void prefill_scores_some_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t key0, int32_t keys,
    const float *k, struct prefill_scratch_attention_scalar *t, struct prefill_seen_attention_scalar *seen, float (*s)[QUERIES_attention_scalar])
{
    prefill_seen_find_attention_scalar(block, key0, keys, seen);
    for (int lane = 0; lane < block->queries; lane += 3)
        for (int key = 0; key < keys; key += 8)
            prefill_scores_seen_attention_scalar(k, key, lane, t, seen, s);
    for (int lane = 0; lane < block->queries; lane += 1) {
        const ivec_scalar place = iramp_scalar(block->first + lane);
        vec_scalar top = vset_scalar(ATTN_HIDDEN);
        const int last = seen->last[lane / 1], clear = last - 0;      /* often all of the vector see those before */
        int key = seen->first[lane / 1];
        if (key < clear && sight_attention(block->first + lane, block->first + lane + 0, key0 + key, key0 + clear - 1, &block->view) == SEES_ALL)
            for (; key < clear; key++) {
                const vec_scalar score = vload_scalar(&s[key][lane]);
                top = vmax_scalar(top, score);
            }
        for (; key <= last; key++) {
            const mask_scalar sees = sees_queries_attention_scalar(place, key0 + key, &block->view);
            const vec_scalar score = vselect_scalar(sees, vload_scalar(&s[key][lane]), vset_scalar(ATTN_HIDDEN));
            vstore_scalar(&s[key][lane], score);
            top = vmax_scalar(top, score);
        }
        vstore_scalar(&t->tile_max[lane], top);
    }
}

/*
** Moves m to the tile's maximum for each query whose maximum grew by more than ATTN_LAZY,
** and l with it; true when some did: then alpha holds what their o must be multiplied by,
** and 1 for the others.
*/
KERNEL_scalar int prefill_maximum_attention_scalar(struct prefill_scratch_attention_scalar *t, int32_t queries)
{
    int grown = 0;
    for (int lane = 0; lane < queries; lane += 1) {
        const vec_scalar m = vload_scalar(&t->state->m[lane]), top = vload_scalar(&t->tile_max[lane]);
        const mask_scalar grows = vgreater_scalar(top, vadd_scalar(m, vset_scalar(ATTN_LAZY)));
        if (!many_scalar(grows)) {
            vstore_scalar(&t->alpha[lane], vset_scalar(1.0f));
            continue;
        }
        const vec_scalar alpha = vselect_scalar(grows, vexp2_exact_scalar(vsub_scalar(m, top)), vset_scalar(1.0f));
        vstore_scalar(&t->alpha[lane], alpha);
        vstore_scalar(&t->state->l[lane], vmul_scalar(vload_scalar(&t->state->l[lane]), alpha));
        vstore_scalar(&t->state->m[lane], vselect_scalar(grows, top, m));
        grown = 1;
    }
    return grown;
}

/* o = alpha o. */
KERNEL_scalar void prefill_rescale_attention_scalar(struct prefill_scratch_attention_scalar *t, int32_t queries)
{
    for (int32_t i = 0; i < queries; i++) {
        if (t->alpha[i] == 1.0f)
            continue;
        for (int d = 0; d < V_ROW_attention; d += 1)
            vstore_scalar(&t->state->o[i][d], vmul_scalar(vload_scalar(&t->state->o[i][d]), vset_scalar(t->alpha[i])));
    }
}

/* l += the tile's weights, by a fixed tree: keys PARTIALS apart in order, then halves. */
KERNEL_scalar void prefill_sum_attention_scalar(struct prefill_scratch_attention_scalar *t, int32_t queries)
{
    for (int lane = 0; lane < queries; lane += 1) {
        vec_scalar s0 = vload_scalar(&t->sums[0][lane]);
        vec_scalar s1 = vload_scalar(&t->sums[1][lane]);
        vec_scalar s2 = vload_scalar(&t->sums[2][lane]);
        vec_scalar s3 = vload_scalar(&t->sums[3][lane]);
        vec_scalar s4 = vload_scalar(&t->sums[4][lane]);
        vec_scalar s5 = vload_scalar(&t->sums[5][lane]);
        vec_scalar s6 = vload_scalar(&t->sums[6][lane]);
        vec_scalar s7 = vload_scalar(&t->sums[7][lane]);
        vec_scalar s8 = vload_scalar(&t->sums[8][lane]);
        vec_scalar s9 = vload_scalar(&t->sums[9][lane]);
        vec_scalar s10 = vload_scalar(&t->sums[10][lane]);
        vec_scalar s11 = vload_scalar(&t->sums[11][lane]);
        vec_scalar s12 = vload_scalar(&t->sums[12][lane]);
        vec_scalar s13 = vload_scalar(&t->sums[13][lane]);
        vec_scalar s14 = vload_scalar(&t->sums[14][lane]);
        vec_scalar s15 = vload_scalar(&t->sums[15][lane]);
        s0 = vadd_scalar(s0, s8);
        s1 = vadd_scalar(s1, s9);
        s2 = vadd_scalar(s2, s10);
        s3 = vadd_scalar(s3, s11);
        s4 = vadd_scalar(s4, s12);
        s5 = vadd_scalar(s5, s13);
        s6 = vadd_scalar(s6, s14);
        s7 = vadd_scalar(s7, s15);
        s0 = vadd_scalar(s0, s4);
        s1 = vadd_scalar(s1, s5);
        s2 = vadd_scalar(s2, s6);
        s3 = vadd_scalar(s3, s7);
        s0 = vadd_scalar(s0, s2);
        s1 = vadd_scalar(s1, s3);
        s0 = vadd_scalar(s0, s1);
        vstore_scalar(&t->state->l[lane], vadd_scalar(vload_scalar(&t->state->l[lane]), s0));
    }
}

/* The weight of a score, 0 of a hidden one. m is -infinity for a query that saw no key yet. */
OP_scalar vec_scalar prefill_weight_attention_scalar(vec_scalar s, vec_scalar m)
{
    const mask_scalar seen = vgreater_scalar(s, vset_scalar(ATTN_HIDDEN));
    return vselect_scalar(seen, weight_attention_scalar(s, vmax_scalar(m, vset_scalar(ATTN_LOWEST))), vzero_scalar());
}

/* p = weight(s, m) in the place of s. */
KERNEL_scalar void prefill_weights_all_attention_scalar(struct prefill_scratch_attention_scalar *t, float (*s)[QUERIES_attention_scalar])
{
    for (int lane = 0; lane < QUERIES_attention_scalar; lane += 1) {
        const vec_scalar m = vload_scalar(&t->state->m[lane]);
        for (int j = 0; j < PARTIALS_attention_scalar; j++) {
            vec_scalar sum = vzero_scalar();
            const vec_scalar s0 = vload_scalar(&s[j + 0][lane]);
            const vec_scalar p0 = weight_attention_scalar(s0, m);
            vstore_scalar(&s[j + 0][lane], p0);
            sum = vadd_scalar(sum, p0);
            const vec_scalar s1 = vload_scalar(&s[j + 16][lane]);
            const vec_scalar p1 = weight_attention_scalar(s1, m);
            vstore_scalar(&s[j + 16][lane], p1);
            sum = vadd_scalar(sum, p1);
            const vec_scalar s2 = vload_scalar(&s[j + 32][lane]);
            const vec_scalar p2 = weight_attention_scalar(s2, m);
            vstore_scalar(&s[j + 32][lane], p2);
            sum = vadd_scalar(sum, p2);
            const vec_scalar s3 = vload_scalar(&s[j + 48][lane]);
            const vec_scalar p3 = weight_attention_scalar(s3, m);
            vstore_scalar(&s[j + 48][lane], p3);
            sum = vadd_scalar(sum, p3);
            vstore_scalar(&t->sums[j][lane], sum);
        }
    }
}

/*
** The same for the keys that the queries of each vector may see, with weights of 0 before and
** behind them, since register tiles of o stretch over two vectors of queries.
*/
KERNEL_scalar void prefill_weights_some_attention_scalar(struct prefill_scratch_attention_scalar *t, int32_t queries,
    const struct prefill_seen_attention_scalar *seen, float (*s)[QUERIES_attention_scalar])
{
    for (int lane = 0; lane < queries; lane += 1) {
        const vec_scalar m = vload_scalar(&t->state->m[lane]);
        const int32_t first = seen->first[lane / 1], last = seen->last[lane / 1];
        for (int j = 0; j < PARTIALS_attention_scalar; j++)
            vstore_scalar(&t->sums[j][lane], vzero_scalar());
        for (int32_t key = first; key <= last; key++) {
            float *sum = &t->sums[key % PARTIALS_attention_scalar][lane];
            const vec_scalar p = prefill_weight_attention_scalar(vload_scalar(&s[key][lane]), m);
            vstore_scalar(&s[key][lane], p);
            vstore_scalar(sum, vadd_scalar(vload_scalar(sum), p));
        }
        for (int32_t key = 0; key < TILE_attention_scalar; key++)
            if (key < first || key > last)
                vstore_scalar(&s[key][lane], vzero_scalar());
    }
}

/*
** Decode, scalar: rows are queries of the heads that share a KV head. They walk one segment of the keys together, so
** that each K and V is read once for all of them. Scores have lanes = keys, o has lanes = d_v.
*/
enum {
    DECODE_Q_attention_scalar = 32      /* floats of a query: D_K, and what a last byte of K holds besides */
};

/*
** s = q k for the tile of keys from `tile` of the block on, 3 rows x 2 keys at once: one FMA chain
** over d for each.
*/
KERNEL_scalar void decode_scores_attention_scalar(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar])
{
    for (int key = 0; key < TILE_attention_scalar; key += 2) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_scalar s0_0 = vzero_scalar();
        vec_scalar s0_1 = vzero_scalar();
        vec_scalar s1_0 = vzero_scalar();
        vec_scalar s1_1 = vzero_scalar();
        vec_scalar s2_0 = vzero_scalar();
        vec_scalar s2_1 = vzero_scalar();
        for (int d = 0; d < D_K_attention; d += 1) {
            const vec_scalar k1_0 = vload_f32_scalar(&block->k[panel + 0][d][lane + 0]);
            const vec_scalar k1_1 = vload_f32_scalar(&block->k[panel + 0][d][lane + 1]);
            const vec_scalar q1_0 = vset_scalar(q[0][d]);
            s0_0 = vfma_scalar(q1_0, k1_0, s0_0);
            s0_1 = vfma_scalar(q1_0, k1_1, s0_1);
            const vec_scalar q1_1 = vset_scalar(q[1][d]);
            s1_0 = vfma_scalar(q1_1, k1_0, s1_0);
            s1_1 = vfma_scalar(q1_1, k1_1, s1_1);
            const vec_scalar q1_2 = vset_scalar(q[2][d]);
            s2_0 = vfma_scalar(q1_2, k1_0, s2_0);
            s2_1 = vfma_scalar(q1_2, k1_1, s2_1);
        }
        vstore_scalar(&s[0][key + 0], s0_0);
        vstore_scalar(&s[0][key + 1], s0_1);
        vstore_scalar(&s[1][key + 0], s1_0);
        vstore_scalar(&s[1][key + 1], s1_1);
        vstore_scalar(&s[2][key + 0], s2_0);
        vstore_scalar(&s[2][key + 1], s2_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 3 rows x 2 columns: one FMA chain over the
** keys for each.
*/
KERNEL_scalar void decode_values_attention_scalar(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention])
{
    vec_scalar o0_0 = vload_scalar(&o[0][column + 0]);
    vec_scalar o0_1 = vload_scalar(&o[0][column + 1]);
    vec_scalar o1_0 = vload_scalar(&o[1][column + 0]);
    vec_scalar o1_1 = vload_scalar(&o[1][column + 1]);
    vec_scalar o2_0 = vload_scalar(&o[2][column + 0]);
    vec_scalar o2_1 = vload_scalar(&o[2][column + 1]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1) {
        const vec_scalar v1_0 = vload_f32_scalar(v + key * V_STRIP_attention + 0);
        const vec_scalar v1_1 = vload_f32_scalar(v + key * V_STRIP_attention + 1);
        const vec_scalar p1_0 = vset_scalar(p[0][key]);
        o0_0 = vfma_scalar(p1_0, v1_0, o0_0);
        o0_1 = vfma_scalar(p1_0, v1_1, o0_1);
        const vec_scalar p1_1 = vset_scalar(p[1][key]);
        o1_0 = vfma_scalar(p1_1, v1_0, o1_0);
        o1_1 = vfma_scalar(p1_1, v1_1, o1_1);
        const vec_scalar p1_2 = vset_scalar(p[2][key]);
        o2_0 = vfma_scalar(p1_2, v1_0, o2_0);
        o2_1 = vfma_scalar(p1_2, v1_1, o2_1);
    }
    vstore_scalar(&o[0][column + 0], o0_0);
    vstore_scalar(&o[0][column + 1], o0_1);
    vstore_scalar(&o[1][column + 0], o1_0);
    vstore_scalar(&o[1][column + 1], o1_1);
    vstore_scalar(&o[2][column + 0], o2_0);
    vstore_scalar(&o[2][column + 1], o2_1);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 4 rows x 2 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_scalar void decode_scores_rows_attention_scalar(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_scalar; key += 2) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_scalar s0_0 = vzero_scalar();
        vec_scalar s0_1 = vzero_scalar();
        vec_scalar s1_0 = vzero_scalar();
        vec_scalar s1_1 = vzero_scalar();
        vec_scalar s2_0 = vzero_scalar();
        vec_scalar s2_1 = vzero_scalar();
        vec_scalar s3_0 = vzero_scalar();
        vec_scalar s3_1 = vzero_scalar();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            const vec_scalar k1_0 = vload_f32_scalar(&block->k[panel + 0][d][lane + 0]);
            const vec_scalar k1_1 = vload_f32_scalar(&block->k[panel + 0][d][lane + 1]);
            const vec_scalar q1_0 = vset_scalar(q[0][d]);
            s0_0 = vfma_scalar(q1_0, k1_0, s0_0);
            s0_1 = vfma_scalar(q1_0, k1_1, s0_1);
            const vec_scalar q1_1 = vset_scalar(q[1][d]);
            s1_0 = vfma_scalar(q1_1, k1_0, s1_0);
            s1_1 = vfma_scalar(q1_1, k1_1, s1_1);
            const vec_scalar q1_2 = vset_scalar(q[2][d]);
            s2_0 = vfma_scalar(q1_2, k1_0, s2_0);
            s2_1 = vfma_scalar(q1_2, k1_1, s2_1);
            const vec_scalar q1_3 = vset_scalar(q[3][d]);
            s3_0 = vfma_scalar(q1_3, k1_0, s3_0);
            s3_1 = vfma_scalar(q1_3, k1_1, s3_1);
        }
        vstore_scalar(&s[0][key + 0], s0_0);
        vstore_scalar(&s[0][key + 1], s0_1);
        vstore_scalar(&s[1][key + 0], s1_0);
        vstore_scalar(&s[1][key + 1], s1_1);
        vstore_scalar(&s[2][key + 0], s2_0);
        vstore_scalar(&s[2][key + 1], s2_1);
        vstore_scalar(&s[3][key + 0], s3_0);
        vstore_scalar(&s[3][key + 1], s3_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 4 rows x 2 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_scalar void decode_values_rows_attention_scalar(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_scalar o0_0 = vload_scalar(&o[0][column + 0]);
    vec_scalar o0_1 = vload_scalar(&o[0][column + 1]);
    vec_scalar o1_0 = vload_scalar(&o[1][column + 0]);
    vec_scalar o1_1 = vload_scalar(&o[1][column + 1]);
    vec_scalar o2_0 = vload_scalar(&o[2][column + 0]);
    vec_scalar o2_1 = vload_scalar(&o[2][column + 1]);
    vec_scalar o3_0 = vload_scalar(&o[3][column + 0]);
    vec_scalar o3_1 = vload_scalar(&o[3][column + 1]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        const vec_scalar v1_0 = vload_f32_scalar(v + key * V_STRIP_attention + 0);
        const vec_scalar v1_1 = vload_f32_scalar(v + key * V_STRIP_attention + 1);
        const vec_scalar p1_0 = vset_scalar(p[0][key]);
        o0_0 = vfma_scalar(p1_0, v1_0, o0_0);
        o0_1 = vfma_scalar(p1_0, v1_1, o0_1);
        const vec_scalar p1_1 = vset_scalar(p[1][key]);
        o1_0 = vfma_scalar(p1_1, v1_0, o1_0);
        o1_1 = vfma_scalar(p1_1, v1_1, o1_1);
        const vec_scalar p1_2 = vset_scalar(p[2][key]);
        o2_0 = vfma_scalar(p1_2, v1_0, o2_0);
        o2_1 = vfma_scalar(p1_2, v1_1, o2_1);
        const vec_scalar p1_3 = vset_scalar(p[3][key]);
        o3_0 = vfma_scalar(p1_3, v1_0, o3_0);
        o3_1 = vfma_scalar(p1_3, v1_1, o3_1);
    }
    vstore_scalar(&o[0][column + 0], o0_0);
    vstore_scalar(&o[0][column + 1], o0_1);
    vstore_scalar(&o[1][column + 0], o1_0);
    vstore_scalar(&o[1][column + 1], o1_1);
    vstore_scalar(&o[2][column + 0], o2_0);
    vstore_scalar(&o[2][column + 1], o2_1);
    vstore_scalar(&o[3][column + 0], o3_0);
    vstore_scalar(&o[3][column + 1], o3_1);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 2 rows x 2 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_scalar void decode_scores_few_rows_attention_scalar(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_scalar; key += 2) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_scalar s0_0 = vzero_scalar();
        vec_scalar s0_1 = vzero_scalar();
        vec_scalar s1_0 = vzero_scalar();
        vec_scalar s1_1 = vzero_scalar();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            const vec_scalar k1_0 = vload_f32_scalar(&block->k[panel + 0][d][lane + 0]);
            const vec_scalar k1_1 = vload_f32_scalar(&block->k[panel + 0][d][lane + 1]);
            const vec_scalar q1_0 = vset_scalar(q[0][d]);
            s0_0 = vfma_scalar(q1_0, k1_0, s0_0);
            s0_1 = vfma_scalar(q1_0, k1_1, s0_1);
            const vec_scalar q1_1 = vset_scalar(q[1][d]);
            s1_0 = vfma_scalar(q1_1, k1_0, s1_0);
            s1_1 = vfma_scalar(q1_1, k1_1, s1_1);
        }
        vstore_scalar(&s[0][key + 0], s0_0);
        vstore_scalar(&s[0][key + 1], s0_1);
        vstore_scalar(&s[1][key + 0], s1_0);
        vstore_scalar(&s[1][key + 1], s1_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 2 rows x 2 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_scalar void decode_values_few_rows_attention_scalar(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_scalar o0_0 = vload_scalar(&o[0][column + 0]);
    vec_scalar o0_1 = vload_scalar(&o[0][column + 1]);
    vec_scalar o1_0 = vload_scalar(&o[1][column + 0]);
    vec_scalar o1_1 = vload_scalar(&o[1][column + 1]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        const vec_scalar v1_0 = vload_f32_scalar(v + key * V_STRIP_attention + 0);
        const vec_scalar v1_1 = vload_f32_scalar(v + key * V_STRIP_attention + 1);
        const vec_scalar p1_0 = vset_scalar(p[0][key]);
        o0_0 = vfma_scalar(p1_0, v1_0, o0_0);
        o0_1 = vfma_scalar(p1_0, v1_1, o0_1);
        const vec_scalar p1_1 = vset_scalar(p[1][key]);
        o1_0 = vfma_scalar(p1_1, v1_0, o1_0);
        o1_1 = vfma_scalar(p1_1, v1_1, o1_1);
    }
    vstore_scalar(&o[0][column + 0], o0_0);
    vstore_scalar(&o[0][column + 1], o0_1);
    vstore_scalar(&o[1][column + 0], o1_0);
    vstore_scalar(&o[1][column + 1], o1_1);
}

/* s = q k of a tile for the heads of one query. */
KERNEL_scalar void decode_scores_alone_attention_scalar(const struct block_attention *block, int tile, int rows, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar])
{
    int done = 0;
    for (; done + 2 < rows; done += 3)
        decode_scores_attention_scalar(block, tile, q + done, s + done);
}

/* o += p v over the tile's first `keys` keys for the heads of one query. */
KERNEL_scalar void decode_values_alone_attention_scalar(const struct block_attention *block, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention])
{
    int done;
    for (int column = 0; column < 32; column += 2) {
        done = 0;
        for (; done + 2 < rows; done += 3)
            decode_values_attention_scalar(block, tile, keys, column, p + done, o + done);
    }
}

/* s = q k of a tile for rows of several queries; K of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_scores_together_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int rows, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar])
{
    int done = 0;
    const int steps = (rows + 3) / 4 * 1024, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->k + tile * 128;
    for (; done + 2 < rows; done += 4, next += 1024 * step)
        decode_scores_rows_attention_scalar(block, tile, q + done, s + done, next, step);
    for (; done + 0 < rows; done += 2, next += 1024 * step)
        decode_scores_few_rows_attention_scalar(block, tile, q + done, s + done, next, step);
}

/* o += p v over the tile's first `keys` keys for rows of several queries; V of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_values_together_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention])
{
    int done;
    const int steps = (rows + 3) / 4 * 1024, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->v + tile * 128;
    for (int column = 0; column < 32; column += 2) {
        done = 0;
        for (; done + 2 < rows; done += 4, next += 64 * step)
            decode_values_rows_attention_scalar(block, tile, keys, column, p + done, o + done, next, step);
        for (; done + 0 < rows; done += 2, next += 64 * step)
            decode_values_few_rows_attention_scalar(block, tile, keys, column, p + done, o + done, next, step);
    }
}

enum {
    ROWS_attention_scalar      = 63,       /* rows at most: whole queries of a group's heads */
    ROWS_ROOM_attention_scalar = 64        /* the same, in whole register tiles */
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial_attention_scalar {
    float o[V_ROW_attention];
    float m, l;
};

/* One query of one head. */
struct decode_row_attention_scalar {
    struct attn_view view;
    int64_t q_row;                         /* in q */
    int32_t place, head;                   /* on the key axis; of q */
    struct decode_partial_attention_scalar *partial;      /* where its result goes */
};

struct decode_scratch_attention_scalar {
    float q[ROWS_ROOM_attention_scalar][DECODE_Q_attention_scalar];         /* rotated, times SCALE */
    float m[ROWS_ROOM_attention_scalar], l[ROWS_ROOM_attention_scalar];
    float s[ROWS_ROOM_attention_scalar][TILE_attention_scalar];            /* scores of a tile, then weights p */
    float o[ROWS_ROOM_attention_scalar][V_ROW_attention];
    struct decode_row_attention_scalar row[ROWS_attention_scalar];
    int rows, queries;
};

/* Hides what the query at `place` does not see. */
KERNEL_scalar void decode_mask_attention_scalar(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE_attention_scalar; key += 1) {
        const mask_scalar sees = sees_keys_attention_scalar(place, iramp_scalar(key0 + key), view);
        vstore_scalar(s + key, vselect_scalar(sees, vload_scalar(s + key), vset_scalar(ATTN_HIDDEN)));
    }
}

/*
** s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill.
*/
KERNEL_scalar void decode_softmax_attention_scalar(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o)
{
    vec_scalar top = vload_scalar(s);
    for (int key = 1; key < TILE_attention_scalar; key += 1)
        top = vmax_scalar(top, vload_scalar(s + key));
    const float tile_max = vlargest_scalar(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec_scalar factor = vexp2_exact_scalar(vset_scalar(*m - tile_max));
        *l = vfirst_scalar(vmul_scalar(vset_scalar(*l), factor));
        for (int d = 0; d < V_ROW_attention; d += 1)
            vstore_scalar(o + d, vmul_scalar(vload_scalar(o + d), factor));
        *m = tile_max;
    }
    const vec_scalar base = vset_scalar(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
    vec_scalar sum0 = vzero_scalar();
    vec_scalar sum1 = vzero_scalar();
    vec_scalar sum2 = vzero_scalar();
    vec_scalar sum3 = vzero_scalar();
    vec_scalar sum4 = vzero_scalar();
    vec_scalar sum5 = vzero_scalar();
    vec_scalar sum6 = vzero_scalar();
    vec_scalar sum7 = vzero_scalar();
    vec_scalar sum8 = vzero_scalar();
    vec_scalar sum9 = vzero_scalar();
    vec_scalar sum10 = vzero_scalar();
    vec_scalar sum11 = vzero_scalar();
    vec_scalar sum12 = vzero_scalar();
    vec_scalar sum13 = vzero_scalar();
    vec_scalar sum14 = vzero_scalar();
    vec_scalar sum15 = vzero_scalar();
    for (int key = 0; key < TILE_attention_scalar; key += PARTIALS_attention_scalar) {
        const vec_scalar s0 = vload_scalar(s + key + 0);
        const mask_scalar seen0 = vgreater_scalar(s0, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p0 = vselect_scalar(seen0, weight_attention_scalar(s0, base), vzero_scalar());
        vstore_scalar(s + key + 0, p0);
        sum0 = vadd_scalar(sum0, p0);
        const vec_scalar s1 = vload_scalar(s + key + 1);
        const mask_scalar seen1 = vgreater_scalar(s1, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p1 = vselect_scalar(seen1, weight_attention_scalar(s1, base), vzero_scalar());
        vstore_scalar(s + key + 1, p1);
        sum1 = vadd_scalar(sum1, p1);
        const vec_scalar s2 = vload_scalar(s + key + 2);
        const mask_scalar seen2 = vgreater_scalar(s2, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p2 = vselect_scalar(seen2, weight_attention_scalar(s2, base), vzero_scalar());
        vstore_scalar(s + key + 2, p2);
        sum2 = vadd_scalar(sum2, p2);
        const vec_scalar s3 = vload_scalar(s + key + 3);
        const mask_scalar seen3 = vgreater_scalar(s3, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p3 = vselect_scalar(seen3, weight_attention_scalar(s3, base), vzero_scalar());
        vstore_scalar(s + key + 3, p3);
        sum3 = vadd_scalar(sum3, p3);
        const vec_scalar s4 = vload_scalar(s + key + 4);
        const mask_scalar seen4 = vgreater_scalar(s4, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p4 = vselect_scalar(seen4, weight_attention_scalar(s4, base), vzero_scalar());
        vstore_scalar(s + key + 4, p4);
        sum4 = vadd_scalar(sum4, p4);
        const vec_scalar s5 = vload_scalar(s + key + 5);
        const mask_scalar seen5 = vgreater_scalar(s5, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p5 = vselect_scalar(seen5, weight_attention_scalar(s5, base), vzero_scalar());
        vstore_scalar(s + key + 5, p5);
        sum5 = vadd_scalar(sum5, p5);
        const vec_scalar s6 = vload_scalar(s + key + 6);
        const mask_scalar seen6 = vgreater_scalar(s6, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p6 = vselect_scalar(seen6, weight_attention_scalar(s6, base), vzero_scalar());
        vstore_scalar(s + key + 6, p6);
        sum6 = vadd_scalar(sum6, p6);
        const vec_scalar s7 = vload_scalar(s + key + 7);
        const mask_scalar seen7 = vgreater_scalar(s7, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p7 = vselect_scalar(seen7, weight_attention_scalar(s7, base), vzero_scalar());
        vstore_scalar(s + key + 7, p7);
        sum7 = vadd_scalar(sum7, p7);
        const vec_scalar s8 = vload_scalar(s + key + 8);
        const mask_scalar seen8 = vgreater_scalar(s8, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p8 = vselect_scalar(seen8, weight_attention_scalar(s8, base), vzero_scalar());
        vstore_scalar(s + key + 8, p8);
        sum8 = vadd_scalar(sum8, p8);
        const vec_scalar s9 = vload_scalar(s + key + 9);
        const mask_scalar seen9 = vgreater_scalar(s9, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p9 = vselect_scalar(seen9, weight_attention_scalar(s9, base), vzero_scalar());
        vstore_scalar(s + key + 9, p9);
        sum9 = vadd_scalar(sum9, p9);
        const vec_scalar s10 = vload_scalar(s + key + 10);
        const mask_scalar seen10 = vgreater_scalar(s10, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p10 = vselect_scalar(seen10, weight_attention_scalar(s10, base), vzero_scalar());
        vstore_scalar(s + key + 10, p10);
        sum10 = vadd_scalar(sum10, p10);
        const vec_scalar s11 = vload_scalar(s + key + 11);
        const mask_scalar seen11 = vgreater_scalar(s11, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p11 = vselect_scalar(seen11, weight_attention_scalar(s11, base), vzero_scalar());
        vstore_scalar(s + key + 11, p11);
        sum11 = vadd_scalar(sum11, p11);
        const vec_scalar s12 = vload_scalar(s + key + 12);
        const mask_scalar seen12 = vgreater_scalar(s12, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p12 = vselect_scalar(seen12, weight_attention_scalar(s12, base), vzero_scalar());
        vstore_scalar(s + key + 12, p12);
        sum12 = vadd_scalar(sum12, p12);
        const vec_scalar s13 = vload_scalar(s + key + 13);
        const mask_scalar seen13 = vgreater_scalar(s13, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p13 = vselect_scalar(seen13, weight_attention_scalar(s13, base), vzero_scalar());
        vstore_scalar(s + key + 13, p13);
        sum13 = vadd_scalar(sum13, p13);
        const vec_scalar s14 = vload_scalar(s + key + 14);
        const mask_scalar seen14 = vgreater_scalar(s14, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p14 = vselect_scalar(seen14, weight_attention_scalar(s14, base), vzero_scalar());
        vstore_scalar(s + key + 14, p14);
        sum14 = vadd_scalar(sum14, p14);
        const vec_scalar s15 = vload_scalar(s + key + 15);
        const mask_scalar seen15 = vgreater_scalar(s15, vset_scalar(ATTN_HIDDEN));
        const vec_scalar p15 = vselect_scalar(seen15, weight_attention_scalar(s15, base), vzero_scalar());
        vstore_scalar(s + key + 15, p15);
        sum15 = vadd_scalar(sum15, p15);
    }
    sum0 = vadd_scalar(sum0, sum8);
    sum1 = vadd_scalar(sum1, sum9);
    sum2 = vadd_scalar(sum2, sum10);
    sum3 = vadd_scalar(sum3, sum11);
    sum4 = vadd_scalar(sum4, sum12);
    sum5 = vadd_scalar(sum5, sum13);
    sum6 = vadd_scalar(sum6, sum14);
    sum7 = vadd_scalar(sum7, sum15);
    sum0 = vadd_scalar(sum0, sum4);
    sum1 = vadd_scalar(sum1, sum5);
    sum2 = vadd_scalar(sum2, sum6);
    sum3 = vadd_scalar(sum3, sum7);
    sum0 = vadd_scalar(sum0, sum2);
    sum1 = vadd_scalar(sum1, sum3);
    sum0 = vadd_scalar(sum0, sum1);
    *l += vsum_scalar(sum0);
}

/* One tile of keys, from key0 on, `keys` of which there are. */
KERNEL_scalar void decode_tile_attention_scalar(int32_t key0, int32_t keys, const struct block_attention *block, const struct block_attention *after, struct decode_scratch_attention_scalar *t)
{
    const int tile = key0 % BLOCK_attention;
    if (t->queries == 1)
        decode_scores_alone_attention_scalar(block, tile, t->rows, t->q, t->s);
    else
        decode_scores_together_attention_scalar(block, after, tile, t->rows, t->q, t->s);
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_scalar *row = &t->row[r];
        if (keys < TILE_attention_scalar || sight_attention(row->place, row->place, key0, key0 + keys - 1, &row->view) != SEES_ALL)
            decode_mask_attention_scalar(t->s[r], key0, row->place, &row->view);
        decode_softmax_attention_scalar(t->s[r], &t->m[r], &t->l[r], t->o[r]);
    }
    if (t->queries == 1)
        decode_values_alone_attention_scalar(block, tile, keys, t->rows, t->s, t->o);
    else
        decode_values_together_attention_scalar(block, after, tile, keys, t->rows, t->s, t->o);
}

/* The keys that some row may see, within first .. last. */
static void decode_keys_attention_scalar(const struct decode_scratch_attention_scalar *t, int32_t *first, int32_t *last)
{
    int32_t lowest = *last + 1, highest = -1;
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_scalar *row = &t->row[r];
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
KERNEL_scalar void decode_begin_attention_scalar(const struct attn_args *args, struct decode_scratch_attention_scalar *t)
{
    for (int r = 0; r < t->rows; r++) {
        query_row_attention(args, t->row[r].q_row, t->row[r].head, t->q[r]);
        for (int d = D_K_attention; d < DECODE_Q_attention_scalar; d++)
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
KERNEL_scalar void decode_walk_attention_scalar(const struct attn_args *args, const struct attn_sequence *sequence, int32_t kv_head,
    int32_t first, int32_t last, struct decode_scratch_attention_scalar *t)
{
    decode_begin_attention_scalar(args, t);
    decode_keys_attention_scalar(t, &first, &last);
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_scalar, left = sequence->kv_len - key0;
        const int32_t next = key0 - key0 % BLOCK_attention + BLOCK_attention;
        const struct block_attention *after = tile_block_attention(sequence, kv_head, next < sequence->kv_len ? next : key0);
        const struct block_attention *block = tile_block_attention(sequence, kv_head, key0);
        decode_tile_attention_scalar(key0, left < TILE_attention_scalar ? left : TILE_attention_scalar, block, after, t);
        first = key0 + TILE_attention_scalar;
    }
    for (int r = 0; r < t->rows; r++) {
        struct decode_partial_attention_scalar *partial = t->row[r].partial;
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
struct decode_call_attention_scalar {
    const struct attn_args *args;
    int all;                               /* or those that prefill does not take in blocks */
    struct decode_partial_attention_scalar *partials;     /* for each sequence that takes part (q_len, heads, segments) */
};

/* Whether prefill takes a sequence by rows: few queries beside many keys, where a block would leave lanes empty. */
static int prefill_by_rows_attention_scalar(const struct attn_sequence *sequence)
{
    return sequence->q_len <= APPEND_attention_scalar && sequence->q_len <= sequence->kv_len / APPEND_KEYS_attention_scalar;
}

static int decode_takes_attention_scalar(const struct decode_call_attention_scalar *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return sequence->q_len > 0 && (call->all || prefill_by_rows_attention_scalar(sequence));
}

static int32_t decode_segments_attention_scalar(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT_attention_scalar - 1) / SEGMENT_attention_scalar;
}

static size_t decode_partials_attention_scalar(const struct decode_call_attention_scalar *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return decode_takes_attention_scalar(call, b) ? (size_t)sequence->q_len * HEADS_attention * (size_t)decode_segments_attention_scalar(sequence) : 0;
}

static size_t decode_bytes_attention_scalar(const struct decode_call_attention_scalar *call)
{
    size_t partials = 0;
    for (int32_t b = 0; b < call->args->sequences; b++)
        partials += decode_partials_attention_scalar(call, b);
    return partials * sizeof(struct decode_partial_attention_scalar);
}

/* Where a task works: a sequence from one of its queries on, one KV head, one segment, and where the sequence's partials begin. */
struct decode_place_attention_scalar {
    int32_t b, query, kv_head, segment;
    size_t partials;
};

/*
** Moves on to the next sequence that takes part; *own becomes the first segment of which it shares less than the whole
** with the one before.
*/
static int decode_next_attention_scalar(const struct decode_call_attention_scalar *call, struct decode_place_attention_scalar *place, int32_t *own)
{
    int32_t shared = place->b < 0 ? 0 : ATTN_MAX_KEYS;
    if (place->b >= 0)
        place->partials += decode_partials_attention_scalar(call, place->b);
    while (++place->b < call->args->sequences) {
        const struct attn_sequence *sequence = &call->args->sequence[place->b];
        if (sequence->q_len > 0 && sequence->shared < shared)
            shared = sequence->shared;
        if (decode_takes_attention_scalar(call, place->b)) {
            *own = shared / SEGMENT_attention_scalar;
            return 1;
        }
    }
    return 0;
}

/* The tasks of the sequence at `place`. */
static int64_t decode_tasks_at_attention_scalar(const struct decode_call_attention_scalar *call, const struct decode_place_attention_scalar *place, int pass, int32_t own)
{
    const int32_t segments = decode_segments_attention_scalar(&call->args->sequence[place->b]);
    return (pass == 0 ? (int64_t)(segments - own) : 1) * KV_HEADS_attention;
}

static int64_t decode_tasks_of_attention_scalar(const struct decode_call_attention_scalar *call, int pass)
{
    struct decode_place_attention_scalar place = { -1, 0, 0, 0, 0 };
    int64_t tasks = 0;
    int32_t own;
    while (decode_next_attention_scalar(call, &place, &own))
        tasks += decode_tasks_at_attention_scalar(call, &place, pass, own);
    return tasks;
}

static struct decode_place_attention_scalar decode_place_find_attention_scalar(const struct decode_call_attention_scalar *call, int pass, int64_t task)
{
    struct decode_place_attention_scalar place = { -1, 0, 0, 0, 0 };
    int32_t own;
    while (decode_next_attention_scalar(call, &place, &own)) {
        const int64_t tasks = decode_tasks_at_attention_scalar(call, &place, pass, own);
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
static struct decode_partial_attention_scalar *decode_partial_of_attention_scalar(const struct decode_call_attention_scalar *call, const struct decode_place_attention_scalar *place,
                                                    int32_t query, int32_t head)
{
    const int32_t segments = decode_segments_attention_scalar(&call->args->sequence[place->b]);
    return call->partials + place->partials + ((int64_t)query * HEADS_attention + head) * segments;
}

/* The query at `place` as rows, one of each head. */
static void decode_add_attention_scalar(const struct decode_call_attention_scalar *call, const struct decode_place_attention_scalar *place, struct decode_scratch_attention_scalar *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention;
    for (int32_t h = head0; h < end; h++) {
        struct decode_row_attention_scalar *row = &t->row[t->rows++];
        row->view = attn_view_of(call->args, place->b, h);
        row->q_row = sequence->q_row + place->query;
        row->place = sequence->q_offset + place->query;
        row->head = h;
        row->partial = decode_partial_of_attention_scalar(call, place, place->query, h) + place->segment;
    }
    t->queries++;
}

/*
** Takes queries from `place` on, of all sequences that share its segment, until they are as many as walk together; false
** when none is left behind them.
*/
static int decode_gather_attention_scalar(const struct decode_call_attention_scalar *call, struct decode_place_attention_scalar *place, struct decode_scratch_attention_scalar *t)
{
    t->rows = t->queries = 0;
    for (;;) {
        const int32_t queries = call->args->sequence[place->b].q_len;
        for (; place->query < queries; place->query++) {
            if (t->rows + GROUP_attention > ROWS_attention_scalar)
                return 1;
            decode_add_attention_scalar(call, place, t);
        }
        int32_t own;
        if (!decode_next_attention_scalar(call, place, &own) || own <= place->segment)
            return 0;
        place->query = 0;
    }
}

/* Pass 0: one segment, for the rows of all that share it, into their partials. */
KERNEL_scalar void decode_run_segment_attention_scalar(const struct decode_call_attention_scalar *call, struct decode_place_attention_scalar *place, struct decode_scratch_attention_scalar *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t first = place->segment * SEGMENT_attention_scalar, left = sequence->kv_len - first;
    for (int more = 1; more;) {
        more = decode_gather_attention_scalar(call, place, t);
        decode_walk_attention_scalar(call->args, sequence, place->kv_head, first, first + (left < SEGMENT_attention_scalar ? left : SEGMENT_attention_scalar) - 1, t);
    }
}

/* Pass 1: the segments of each query and head, merged from left to right. */
KERNEL_scalar void decode_run_merge_attention_scalar(const struct decode_call_attention_scalar *call, const struct decode_place_attention_scalar *place, struct decode_scratch_attention_scalar *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention, segments = decode_segments_attention_scalar(sequence);
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial_attention_scalar *part = decode_partial_of_attention_scalar(call, place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < segments; i++)
                merge_attention_scalar(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], t->o[0]);
            finish_attention_scalar(call->args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], t->o[0]);
        }
}

KERNEL_scalar void decode_run_of_attention_scalar(const struct decode_call_attention_scalar *call, int pass, int64_t task, void *scratch)
{
    struct decode_place_attention_scalar place = decode_place_find_attention_scalar(call, pass, task);
    if (pass == 0)
        decode_run_segment_attention_scalar(call, &place, scratch);
    else
        decode_run_merge_attention_scalar(call, &place, scratch);
}

/* The phase decode: all sequences, whatever their queries. */
static struct decode_call_attention_scalar decode_call_of_attention_scalar(const struct attn_args *args)
{
    const struct decode_call_attention_scalar call = { args, 1, args->workspace };
    return call;
}

static int64_t decode_tasks_attention_scalar(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_scalar call = decode_call_of_attention_scalar(args);
    return decode_tasks_of_attention_scalar(&call, pass);
}

static size_t decode_workspace_bytes_attention_scalar(const struct attn_args *args)
{
    const struct decode_call_attention_scalar call = decode_call_of_attention_scalar(args);
    return decode_bytes_attention_scalar(&call);
}

static void decode_run_attention_scalar(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_scalar call = decode_call_of_attention_scalar(args);
    decode_run_of_attention_scalar(&call, pass, task, scratch);
}

/*
** o += p v over `keys` keys, for 6 queries x 2 columns from `column` on: one FMA chain over
** the keys for each, from 0 in a segment's first tile. v and p start at the first key, p and o at the first query, v at
** the first column. Where there are results, o goes there, done.
*/
OP_scalar void prefill_values_attention_scalar(const float *restrict v, const float *restrict p, int32_t keys, int first,
    float (*restrict o)[V_ROW_attention], int column, const struct prefill_results_attention_scalar *results, int32_t query)
{
    vec_scalar o0_0 = vzero_scalar();
    vec_scalar o0_1 = vzero_scalar();
    vec_scalar o1_0 = vzero_scalar();
    vec_scalar o1_1 = vzero_scalar();
    vec_scalar o2_0 = vzero_scalar();
    vec_scalar o2_1 = vzero_scalar();
    vec_scalar o3_0 = vzero_scalar();
    vec_scalar o3_1 = vzero_scalar();
    vec_scalar o4_0 = vzero_scalar();
    vec_scalar o4_1 = vzero_scalar();
    vec_scalar o5_0 = vzero_scalar();
    vec_scalar o5_1 = vzero_scalar();
    if (!first) {
        o0_0 = vload_scalar(&o[0][column + 0]);
        o0_1 = vload_scalar(&o[0][column + 1]);
        o1_0 = vload_scalar(&o[1][column + 0]);
        o1_1 = vload_scalar(&o[1][column + 1]);
        o2_0 = vload_scalar(&o[2][column + 0]);
        o2_1 = vload_scalar(&o[2][column + 1]);
        o3_0 = vload_scalar(&o[3][column + 0]);
        o3_1 = vload_scalar(&o[3][column + 1]);
        o4_0 = vload_scalar(&o[4][column + 0]);
        o4_1 = vload_scalar(&o[4][column + 1]);
        o5_0 = vload_scalar(&o[5][column + 0]);
        o5_1 = vload_scalar(&o[5][column + 1]);
    }
    for (; keys > 0; keys--, v += 16, p += QUERIES_attention_scalar) {
        const vec_scalar v0 = vload_scalar(v + 0);
        const vec_scalar v1 = vload_scalar(v + 1);
        const vec_scalar p0 = vset_scalar(p[0]);
        o0_0 = vfma_scalar(p0, v0, o0_0);
        o0_1 = vfma_scalar(p0, v1, o0_1);
        const vec_scalar p1 = vset_scalar(p[1]);
        o1_0 = vfma_scalar(p1, v0, o1_0);
        o1_1 = vfma_scalar(p1, v1, o1_1);
        const vec_scalar p2 = vset_scalar(p[2]);
        o2_0 = vfma_scalar(p2, v0, o2_0);
        o2_1 = vfma_scalar(p2, v1, o2_1);
        const vec_scalar p3 = vset_scalar(p[3]);
        o3_0 = vfma_scalar(p3, v0, o3_0);
        o3_1 = vfma_scalar(p3, v1, o3_1);
        const vec_scalar p4 = vset_scalar(p[4]);
        o4_0 = vfma_scalar(p4, v0, o4_0);
        o4_1 = vfma_scalar(p4, v1, o4_1);
        const vec_scalar p5 = vset_scalar(p[5]);
        o5_0 = vfma_scalar(p5, v0, o5_0);
        o5_1 = vfma_scalar(p5, v1, o5_1);
    }
    if (results == NULL) {
        vstore_scalar(&o[0][column + 0], o0_0);
        vstore_scalar(&o[0][column + 1], o0_1);
        vstore_scalar(&o[1][column + 0], o1_0);
        vstore_scalar(&o[1][column + 1], o1_1);
        vstore_scalar(&o[2][column + 0], o2_0);
        vstore_scalar(&o[2][column + 1], o2_1);
        vstore_scalar(&o[3][column + 0], o3_0);
        vstore_scalar(&o[3][column + 1], o3_1);
        vstore_scalar(&o[4][column + 0], o4_0);
        vstore_scalar(&o[4][column + 1], o4_1);
        vstore_scalar(&o[5][column + 0], o5_0);
        vstore_scalar(&o[5][column + 1], o5_1);
    } else {
        float *row = results->o + query * results->apart;
        finish_columns_attention_scalar(row, column + 0, o0_0, results->factor[query + 0]);
        finish_columns_attention_scalar(row, column + 1, o0_1, results->factor[query + 0]);
        row += results->apart;
        finish_columns_attention_scalar(row, column + 0, o1_0, results->factor[query + 1]);
        finish_columns_attention_scalar(row, column + 1, o1_1, results->factor[query + 1]);
        row += results->apart;
        finish_columns_attention_scalar(row, column + 0, o2_0, results->factor[query + 2]);
        finish_columns_attention_scalar(row, column + 1, o2_1, results->factor[query + 2]);
        row += results->apart;
        finish_columns_attention_scalar(row, column + 0, o3_0, results->factor[query + 3]);
        finish_columns_attention_scalar(row, column + 1, o3_1, results->factor[query + 3]);
        row += results->apart;
        finish_columns_attention_scalar(row, column + 0, o4_0, results->factor[query + 4]);
        finish_columns_attention_scalar(row, column + 1, o4_1, results->factor[query + 4]);
        row += results->apart;
        finish_columns_attention_scalar(row, column + 0, o5_0, results->factor[query + 5]);
        finish_columns_attention_scalar(row, column + 1, o5_1, results->factor[query + 5]);
    }
}

/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile_attention_scalar {
    float (*s)[QUERIES_attention_scalar];       /* scores, or weights once weighed */
    struct prefill_seen_attention_scalar *seen;
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
KERNEL_scalar void prefill_accumulate_attention_scalar(const struct prefill_block_attention_scalar *block, const struct prefill_tile_attention_scalar *tile,
    int32_t start, int32_t end, const struct prefill_results_attention_scalar *results, struct prefill_scratch_attention_scalar *t)
{
    const char *next = results == NULL ? tile->next : NULL;
    for (int column = 0; column < 32; column += 2)
        for (int32_t query = start; query < end; query += 6) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
            for (int line = 0; next != NULL && line < 4; line++, next += 64)
                ATTN_FETCH(next);
            const int32_t left = end - query, queries = left < 6 ? left : 6;
            if (tile->sight != SEES_ALL)
                visible_keys_attention(block->first + query, block->first + query + queries - 1,
                               &block->view, &first, &last);
            const int32_t from = first <= last ? first - tile->key0 : 0;
            const int32_t keys = first <= last ? last + 1 - tile->key0 - from : 0;
            if (keys > 0 || tile->first || results != NULL)
                prefill_values_attention_scalar(tile->v + column / 16 * 1024 + column % 16 + from * 16, &tile->s[from][query], keys,
                               tile->first, &t->state->o[query], column, results, query);
        }
}

/* Weights of a tile that are still to come, and l. */
KERNEL_scalar void prefill_weigh_attention_scalar(const struct prefill_block_attention_scalar *block, const struct prefill_tile_attention_scalar *tile,
    struct prefill_scratch_attention_scalar *t)
{
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all_attention_scalar(t, tile->s);
    else if (!tile->weighed)
        prefill_weights_some_attention_scalar(t, block->queries, tile->seen, tile->s);
    prefill_sum_attention_scalar(t, block->queries);
}

/* What is still to come of a tile: weights, l and o. */
KERNEL_scalar void prefill_settle_attention_scalar(const struct prefill_block_attention_scalar *block, const struct prefill_tile_attention_scalar *tile,
    struct prefill_scratch_attention_scalar *t)
{
    if (tile->keys == 0)
        return;
    prefill_weigh_attention_scalar(block, tile, t);
    prefill_accumulate_attention_scalar(block, tile, 0, block->queries, NULL, t);
}

/* Results of the queries start .. end - 1 from the total. */
KERNEL_scalar void prefill_finish_attention_scalar(const struct attn_args *args, const struct prefill_block_attention_scalar *block, int32_t start, int32_t end,
    const struct prefill_scratch_attention_scalar *t)
{
    for (int32_t i = start; i < end; i++)
        finish_attention_scalar(args, block->sequence, block->row + i, block->head, t->total.m[i], t->total.l[i], t->total.o[i]);
}

/*
** Asks for the queries of a head in the rows row .. end - 1, and for where their results go. Inside of its caller: GCC drops
** the call of a function that does nothing but ask.
*/
OP_scalar void prefill_fetch_attention_scalar(const struct attn_args *args, int32_t head, int64_t row, int64_t end)
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
KERNEL_scalar void prefill_conclude_attention_scalar(const struct attn_args *args, const struct prefill_block_attention_scalar *block,
    const struct prefill_tile_attention_scalar *tile, struct prefill_scratch_attention_scalar *t)
{
    const struct prefill_state_attention_scalar *total = &t->total;
    const int64_t next = block->row + QUERIES_attention_scalar, end = block->sequence->q_row + block->sequence->q_len;
    int32_t query = 0;
    if (tile->keys > 0) {
        struct prefill_results_attention_scalar *results = &t->results;
        results->o = (float *)args->o + block->row * args->o_stride + block->head * args->o_head_stride;
        results->apart = args->o_stride;
        prefill_weigh_attention_scalar(block, tile, t);
        for (; query + 6 <= block->queries; query += 6) {
            prefill_fetch_attention_scalar(args, block->head, next + query, next + query + 6 < end ? next + query + 6 : end);
            for (int32_t i = query; i < query + 6; i++)
                results->factor[i] = finish_factor_attention_scalar(args, block->row + i, block->head, total->m[i], total->l[i]);
            prefill_accumulate_attention_scalar(block, tile, query, query + 6, results, t);
            for (int32_t i = query; i < query + 6; i++)
                if (total->l[i] == 0.0f)
                    finish_hidden_attention_scalar(block->sequence, block->head, results->o + i * results->apart);
        }
        prefill_accumulate_attention_scalar(block, tile, query, block->queries, NULL, t);
    }
    prefill_finish_attention_scalar(args, block, query, block->queries, t);
}

/* What the block's queries see of a tile; SOME also when it has fewer keys or queries than it could. */
static int prefill_sight_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t key0, int32_t keys)
{
    if (keys < TILE_attention_scalar || block->queries < QUERIES_attention_scalar)
        return SEES_SOME;
    return sight_attention(block->first, block->first + QUERIES_attention_scalar - 1, key0, key0 + TILE_attention_scalar - 1, &block->view);
}

/*
** Scores of the tile at key0, after which the tile before it is settled and the new one takes
** its place.
*/
KERNEL_scalar void prefill_advance_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t key0,
    struct prefill_tile_attention_scalar *before, struct prefill_scratch_attention_scalar *t)
{
    const int32_t left = block->view.kv_len - key0, keys = left < TILE_attention_scalar ? left : TILE_attention_scalar;
    const int sight = prefill_sight_attention_scalar(block, key0, keys);
    if (sight == SEES_NONE)
        return;
    const struct block_attention *stored = tile_block_attention(block->sequence, kv_of_attention(block->head), key0);
    const float *k = &stored->k[key0 % BLOCK_attention / PANEL_attention][0][key0 % PANEL_attention];
    const float *v = stored->v[0][key0 % BLOCK_attention];
    const int32_t key1 = key0 + TILE_attention_scalar < block->view.kv_len ? key0 + TILE_attention_scalar : key0;
    const struct block_attention *behind = tile_block_attention(block->sequence, kv_of_attention(block->head), key1);
    const char *next_k = (const char *)behind->k + key1 % BLOCK_attention * 128;
    float (*s)[QUERIES_attention_scalar] = t->s[0];
    struct prefill_seen_attention_scalar *seen = t->seen;
    prefill_settle_attention_scalar(block, before, t);
    if (sight == SEES_ALL)
        prefill_scores_all_attention_scalar(block, key0, k, v, t, s);
    else
        prefill_scores_some_attention_scalar(block, key0, keys, k, t, seen, s);
    if (prefill_maximum_attention_scalar(t, block->queries) && before->v != NULL)       /* o of a segment's first tile is 0 */
        prefill_rescale_attention_scalar(t, block->queries);
    *before = (struct prefill_tile_attention_scalar){ s, seen, v, key0, keys, sight, 0, before->v == NULL, block->view.kv_len >= FAR_KEYS_attention_scalar ? next_k : NULL };
}

/* Keys first .. last, all of one segment, from an empty state; gives the last tile, which is not settled yet. */
KERNEL_scalar struct prefill_tile_attention_scalar prefill_segment_attention_scalar(const struct prefill_block_attention_scalar *block, int32_t first, int32_t last,
    struct prefill_state_attention_scalar *state, struct prefill_scratch_attention_scalar *t)
{
    t->state = state;
    for (int i = 0; i < QUERIES_attention_scalar; i++) {
        state->m[i] = ATTN_HIDDEN;
        state->l[i] = 0.0f;
    }
    struct prefill_tile_attention_scalar tile = { t->s[0], t->seen, NULL, 0, 0, SEES_NONE, 0, 0, NULL };
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_scalar;
        prefill_advance_attention_scalar(block, key0, &tile, t);
        first = key0 + TILE_attention_scalar;
    }
    return tile;
}

/* Blocks of queries of one head. */
static int64_t prefill_blocks_attention_scalar(const struct attn_sequence *sequence)
{
    return prefill_by_rows_attention_scalar(sequence) ? 0 : (sequence->q_len + QUERIES_attention_scalar - 1) / QUERIES_attention_scalar;
}

/* The block that a task is: tasks count sequences, then heads, then blocks of queries. */
static struct prefill_block_attention_scalar prefill_block_find_attention_scalar(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t blocks = 0;
    for (;; b++) {
        blocks = prefill_blocks_attention_scalar(&args->sequence[b]);
        if (task < blocks * HEADS_attention)
            break;
        task -= blocks * HEADS_attention;
    }
    const struct attn_sequence *sequence = &args->sequence[b];
    const int32_t index = (int32_t)(task % blocks) * QUERIES_attention_scalar, left = sequence->q_len - index;
    const int32_t head = (int32_t)(task / blocks);
    const struct prefill_block_attention_scalar block = {
        sequence, sequence->q_row + index,
        left < QUERIES_attention_scalar ? left : QUERIES_attention_scalar, sequence->q_offset + index,
        head, attn_view_of(args, b, head)
    };
    return block;
}

/* All segments, and the results. The first one is the total of those so far, and each later one is merged into it. */
KERNEL_scalar void prefill_segments_attention_scalar(const struct attn_args *args, const struct prefill_block_attention_scalar *block, struct prefill_scratch_attention_scalar *t)
{
    int32_t first = 0, last = block->view.kv_len - 1;
    struct prefill_state_attention_scalar *total = &t->total, *state = total;
    for (int32_t i = 0; i < block->queries; i++)
        total->l[i] = 0.0f;
    visible_keys_attention(block->first, block->first + block->queries - 1, &block->view, &first, &last);
    while (first <= last) {
        const int32_t segment_last = first - first % SEGMENT_attention_scalar + SEGMENT_attention_scalar - 1;
        const struct prefill_tile_attention_scalar tile = prefill_segment_attention_scalar(block, first, segment_last < last ? segment_last : last, state, t);
        if (state == total && segment_last >= last) {
            prefill_conclude_attention_scalar(args, block, &tile, t);
            return;
        }
        prefill_settle_attention_scalar(block, &tile, t);
        if (state != total)
            for (int32_t i = 0; i < block->queries; i++)
                merge_attention_scalar(state->m[i], state->l[i], state->o[i], &total->m[i], &total->l[i], total->o[i]);
        state = &t->segment;
        first = segment_last + 1;
    }
    prefill_finish_attention_scalar(args, block, 0, block->queries, t);
}

KERNEL_scalar void prefill_run_block_attention_scalar(const struct attn_args *args, int64_t task, struct prefill_scratch_attention_scalar *t)
{
    const struct prefill_block_attention_scalar block = prefill_block_find_attention_scalar(args, task);
    prefill_queries_attention_scalar(args, &block, t);
    prefill_segments_attention_scalar(args, &block, t);
}

/* Bytes of the workspace before the partials of what goes by rows. */
static size_t prefill_bounds_bytes_attention_scalar(const struct attn_args *args)
{
    (void)args;
    return 0;
}

/* What goes by rows. */
static struct decode_call_attention_scalar prefill_call_attention_scalar(const struct attn_args *args)
{
    struct decode_call_attention_scalar call = { args, 0, NULL };
    if (args->workspace != NULL)
        call.partials = (void *)((char *)args->workspace + prefill_bounds_bytes_attention_scalar(args));
    return call;
}

static size_t prefill_workspace_bytes_attention_scalar(const struct attn_args *args)
{
    const struct decode_call_attention_scalar call = prefill_call_attention_scalar(args);
    return prefill_bounds_bytes_attention_scalar(args) + decode_bytes_attention_scalar(&call);
}

static int64_t prefill_block_tasks_attention_scalar(const struct attn_args *args)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += prefill_blocks_attention_scalar(&args->sequence[b]) * HEADS_attention;
    return tasks;
}

/* Pass 0 has blocks of queries and rows, pass 1 what merges rows. */
static int64_t prefill_tasks_attention_scalar(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_scalar call = prefill_call_attention_scalar(args);
    return decode_tasks_of_attention_scalar(&call, pass - 0) + (pass == 0 ? prefill_block_tasks_attention_scalar(args) : 0);
}

KERNEL_scalar void prefill_run_attention_scalar(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_scalar call = prefill_call_attention_scalar(args);
    const int64_t blocks = pass == 0 ? prefill_block_tasks_attention_scalar(args) : 0;
    if (task < blocks)
        prefill_run_block_attention_scalar(args, task, scratch);
    else
        decode_run_of_attention_scalar(&call, pass - 0, task - blocks, scratch);
}

union prefill_room_attention_scalar {
    struct prefill_scratch_attention_scalar block;
    struct decode_scratch_attention_scalar rows;
};

static const struct attn_attention attention_attention_scalar = {
    "attention", "softmax heads=6 kv_heads=2 d_k=32 d_v=32 scale=0.17677669529663687 mask=\"k <= q\" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32", "scalar", "f32",
    HEADS_attention, KV_HEADS_attention, D_K_attention, D_V_attention, 32,
    0, NULL,
    0, NULL,
    0, -1, cache_bytes_attention, rotation_attention,
    {
        "rows into blocks of 64 keys, K by 16 keys, V by 16 columns",
        1, D_K_attention * sizeof(float), write_workspace_bytes_attention, write_tasks_attention, write_run_attention
    },
    {
        "online softmax, scores lanes=queries 4 keys x 3 queries, o lanes=d_v 6 queries x 2, tile 12 queries x 64 keys, segment 1024, 16 of 16 registers, 22 KiB",
        2, sizeof(union prefill_room_attention_scalar),
        prefill_workspace_bytes_attention_scalar, prefill_tasks_attention_scalar, prefill_run_attention_scalar
    },
    {
        "split keys, scores lanes=keys 3 heads x 2 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 9 of 16 registers, 17 KiB",
        2, sizeof(struct decode_scratch_attention_scalar),
        decode_workspace_bytes_attention_scalar, decode_tasks_attention_scalar, decode_run_attention_scalar
    },
    { NULL, 0, 0, NULL, NULL, NULL },
    read_attention, store_attention, NULL, NULL,
    merge_results_attention_scalar
};

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
    return ile_avx2(iset_avx2(k), q);
}

/* Which of the keys k query q sees. */
OP_avx2 mask_avx2 sees_keys_attention_avx2(int32_t q, ivec_avx2 k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    return mand_avx2(ilt_avx2(k, iset_avx2(kv_len)), ile_avx2(k, iset_avx2(q)));
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
    vstore_avx2(o + column, result);
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
** s = q k for the tile of keys from `tile` of the block on, 3 rows x 16 keys at once: one FMA chain
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
        vec_avx2 s2_0 = vzero_avx2();
        vec_avx2 s2_1 = vzero_avx2();
        for (int d = 0; d < D_K_attention; d += 1) {
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
        }
        vstore_avx2(&s[0][key + 0], s0_0);
        vstore_avx2(&s[0][key + 8], s0_1);
        vstore_avx2(&s[1][key + 0], s1_0);
        vstore_avx2(&s[1][key + 8], s1_1);
        vstore_avx2(&s[2][key + 0], s2_0);
        vstore_avx2(&s[2][key + 8], s2_1);
    }
}

/*
** o += p v over the tile's first `keys` keys, 3 rows x 16 columns: one FMA chain over the
** keys for each.
*/
KERNEL_avx2 void decode_values_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention])
{
    vec_avx2 o0_0 = vload_avx2(&o[0][column + 0]);
    vec_avx2 o0_1 = vload_avx2(&o[0][column + 8]);
    vec_avx2 o1_0 = vload_avx2(&o[1][column + 0]);
    vec_avx2 o1_1 = vload_avx2(&o[1][column + 8]);
    vec_avx2 o2_0 = vload_avx2(&o[2][column + 0]);
    vec_avx2 o2_1 = vload_avx2(&o[2][column + 8]);
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
        const vec_avx2 p1_2 = vset_avx2(p[2][key]);
        o2_0 = vfma_avx2(p1_2, v1_0, o2_0);
        o2_1 = vfma_avx2(p1_2, v1_1, o2_1);
    }
    vstore_avx2(&o[0][column + 0], o0_0);
    vstore_avx2(&o[0][column + 8], o0_1);
    vstore_avx2(&o[1][column + 0], o1_0);
    vstore_avx2(&o[1][column + 8], o1_1);
    vstore_avx2(&o[2][column + 0], o2_0);
    vstore_avx2(&o[2][column + 8], o2_1);
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
    for (; done + 2 < rows; done += 3)
        decode_scores_attention_avx2(block, tile, q + done, s + done);
}

/* o += p v over the tile's first `keys` keys for the heads of one query. */
KERNEL_avx2 void decode_values_alone_attention_avx2(const struct block_attention *block, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_avx2], float (*restrict o)[V_ROW_attention])
{
    int done;
    for (int column = 0; column < 32; column += 16) {
        done = 0;
        for (; done + 2 < rows; done += 3)
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
    ROWS_attention_avx2      = 63,       /* rows at most: whole queries of a group's heads */
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
    "attention", "softmax heads=6 kv_heads=2 d_k=32 d_v=32 scale=0.17677669529663687 mask=\"k <= q\" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32", "avx2", "f32",
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
        "split keys, scores lanes=keys 3 heads x 16 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 9 of 16 registers, 17 KiB",
        2, sizeof(struct decode_scratch_attention_avx2),
        decode_workspace_bytes_attention_avx2, decode_tasks_attention_avx2, decode_run_attention_avx2
    },
    { NULL, 0, 0, NULL, NULL, NULL },
    read_attention, store_attention, NULL, NULL,
    merge_results_attention_avx2
};

#endif

/* Target avx512 ------------------------------------------------------------------------- */

#if defined(__x86_64__)

#include <immintrin.h>

#if !defined(__clang__) && !defined(__OPTIMIZE__)
#pragma GCC diagnostic ignored "-Wsign-conversion"   /* GCC's own intrinsics, which are macros then */
#endif
#define KERNEL_avx512 static __attribute__((noinline, target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define OP_avx512 static inline __attribute__((always_inline, unused, target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define vexp2_scale_avx512 0.245479584f    /* 2^x is this times vexp2(x) */

typedef __m512 vec_avx512;
typedef __m512i ivec_avx512;
typedef __mmask16 mask_avx512;
typedef __m256 half_avx512;

OP_avx512 vec_avx512 vzero_avx512(void)                                 { return _mm512_setzero_ps(); }
OP_avx512 vec_avx512 vset_avx512(float x)                               { return _mm512_set1_ps(x); }
OP_avx512 vec_avx512 vload_avx512(const float *p)                       { return _mm512_loadu_ps(p); }
OP_avx512 void vstore_avx512(float *p, vec_avx512 a)                    { _mm512_storeu_ps(p, a); }
OP_avx512 vec_avx512 vadd_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_add_ps(a, b); }
OP_avx512 vec_avx512 vsub_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_sub_ps(a, b); }
OP_avx512 vec_avx512 vmul_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_mul_ps(a, b); }
OP_avx512 vec_avx512 vfma_avx512(vec_avx512 a, vec_avx512 b, vec_avx512 c)             { return _mm512_fmadd_ps(a, b, c); }
OP_avx512 vec_avx512 vmax_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_max_ps(a, b); }
OP_avx512 vec_avx512 vdiv_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_div_ps(a, b); }
OP_avx512 vec_avx512 vmin_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_min_ps(a, b); }
OP_avx512 vec_avx512 vabs_avx512(vec_avx512 a)                               { return _mm512_abs_ps(a); }
OP_avx512 vec_avx512 vfloor_avx512(vec_avx512 a)                             { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
OP_avx512 vec_avx512 vsqrt_avx512(vec_avx512 a)                              { return _mm512_sqrt_ps(a); }
OP_avx512 vec_avx512 vfromi_avx512(ivec_avx512 a)                            { return _mm512_cvtepi32_ps(a); }

/* Half a vector: where a vector takes two steps of an FMA pipe, it takes one. */
OP_avx512 half_avx512 hzero_avx512(void)                                { return _mm256_setzero_ps(); }
OP_avx512 half_avx512 hset_avx512(float x)                              { return _mm256_set1_ps(x); }
OP_avx512 half_avx512 hload_avx512(const float *p)                      { return _mm256_loadu_ps(p); }
OP_avx512 void hstore_avx512(float *p, half_avx512 a)                   { _mm256_storeu_ps(p, a); }
OP_avx512 half_avx512 hmul_avx512(half_avx512 a, half_avx512 b)                   { return _mm256_mul_ps(a, b); }
OP_avx512 half_avx512 hfma_avx512(half_avx512 a, half_avx512 b, half_avx512 c)         { return _mm256_fmadd_ps(a, b, c); }

/* The low four bits of each lane: a table, which ignores the others, in place of a conversion. */
OP_avx512 vec_avx512 vfromi_low4_avx512(ivec_avx512 a)
{
    return _mm512_permutexvar_ps(a, _mm512_setr_ps(0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f, 10.0f, 11.0f, 12.0f, 13.0f, 14.0f, 15.0f));
}
OP_avx512 mask_avx512 veq_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
OP_avx512 mask_avx512 vlt_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
OP_avx512 mask_avx512 vle_avx512(vec_avx512 a, vec_avx512 b)                      { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
OP_avx512 vec_avx512 vtable_avx512(const float *table, ivec_avx512 i)        { return _mm512_i32gather_ps(i, table, 4); }
OP_avx512 ivec_avx512 vbits_avx512(vec_avx512 a)                             { return _mm512_castps_si512(a); }
OP_avx512 vec_avx512 vfrombits_avx512(ivec_avx512 a)                         { return _mm512_castsi512_ps(a); }
OP_avx512 mask_avx512 vgreater_avx512(vec_avx512 a, vec_avx512 b)                 { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
OP_avx512 vec_avx512 vselect_avx512(mask_avx512 m, vec_avx512 a, vec_avx512 b)         { return _mm512_mask_blend_ps(m, b, a); }
OP_avx512 float vfirst_avx512(vec_avx512 a)                             { return _mm512_cvtss_f32(a); }
OP_avx512 float vlargest_avx512(vec_avx512 a)                           { return _mm512_reduce_max_ps(a); }

OP_avx512 ivec_avx512 iset_avx512(int32_t x)                            { return _mm512_set1_epi32(x); }
OP_avx512 ivec_avx512 iramp_avx512(int32_t x)                           { return _mm512_add_epi32(_mm512_set1_epi32(x), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)); }
OP_avx512 ivec_avx512 iadd_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_add_epi32(a, b); }
OP_avx512 ivec_avx512 isub_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_sub_epi32(a, b); }
OP_avx512 ivec_avx512 imul_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_mullo_epi32(a, b); }
OP_avx512 ivec_avx512 iabs_avx512(ivec_avx512 a)                             { return _mm512_abs_epi32(a); }
OP_avx512 ivec_avx512 imin_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_min_epi32(a, b); }
OP_avx512 ivec_avx512 imax_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_max_epi32(a, b); }
OP_avx512 ivec_avx512 iselect_avx512(mask_avx512 m, ivec_avx512 a, ivec_avx512 b)      { return _mm512_mask_blend_epi32(m, b, a); }
OP_avx512 ivec_avx512 itable_avx512(const int32_t *table, ivec_avx512 i)     { return _mm512_i32gather_epi32(i, table, 4); }
OP_avx512 ivec_avx512 ihalf_avx512(ivec_avx512 a)                            { return _mm512_srai_epi32(a, 1); }      /* floored */
OP_avx512 ivec_avx512 iexponent_avx512(ivec_avx512 a)                        { return _mm512_srai_epi32(a, 23); }     /* of the bits of a float */
OP_avx512 ivec_avx512 iand_avx512(ivec_avx512 a, ivec_avx512 b)                   { return _mm512_and_si512(a, b); }
OP_avx512 ivec_avx512 ileft_avx512(ivec_avx512 a, int bits)                  { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(bits)); }
OP_avx512 ivec_avx512 iright_avx512(ivec_avx512 a, int bits)                 { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(bits)); }      /* zeros come in */
OP_avx512 ivec_avx512 iload_s8_avx512(const int8_t *p)                  { return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP_avx512 ivec_avx512 iload_u8_avx512(const uint8_t *p)                 { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)); }
OP_avx512 ivec_avx512 iload_u16_avx512(const uint16_t *p)               { return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
OP_avx512 ivec_avx512 iload_u32_avx512(const uint32_t *p)               { return _mm512_loadu_si512(p); }
OP_avx512 vec_avx512 vload_half_avx512(const uint16_t *p)               { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
OP_avx512 void istore_u16_avx512(uint16_t *p, ivec_avx512 a)            { _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtepi32_epi16(a)); }      /* of 0 to 65535 */
OP_avx512 void vstore_half_avx512(uint16_t *p, vec_avx512 a)            { _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT)); }
OP_avx512 vec_avx512 vload_bfloat_avx512(const uint16_t *p)             { return vfrombits_avx512(ileft_avx512(iload_u16_avx512(p), 16)); }      /* the upper halves of floats */
OP_avx512 vec_avx512 vpower_avx512(ivec_avx512 n)                            { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n, _mm512_set1_epi32(127)), 23)); }      /* 2^n */
OP_avx512 mask_avx512 ieq_avx512(ivec_avx512 a, ivec_avx512 b)                    { return _mm512_cmpeq_epi32_mask(a, b); }
OP_avx512 mask_avx512 ile_avx512(ivec_avx512 a, ivec_avx512 b)                    { return _mm512_cmple_epi32_mask(a, b); }
OP_avx512 mask_avx512 ilt_avx512(ivec_avx512 a, ivec_avx512 b)                    { return _mm512_cmplt_epi32_mask(a, b); }
OP_avx512 mask_avx512 mset_avx512(int all)                              { return (mask_avx512)(all ? 0xffff : 0); }
OP_avx512 mask_avx512 mand_avx512(mask_avx512 a, mask_avx512 b)                   { return (mask_avx512)(a & b); }
OP_avx512 mask_avx512 mor_avx512(mask_avx512 a, mask_avx512 b)                    { return (mask_avx512)(a | b); }
OP_avx512 mask_avx512 mnot_avx512(mask_avx512 a)                             { return (mask_avx512)(a ^ 0xffff); }
OP_avx512 int many_avx512(mask_avx512 a)                                { return a != 0; }

/* The upper halves of the lanes, two to a unit from half `first` on. */
OP_avx512 void vstore_halves_avx512(float *units, int first, vec_avx512 a)
{
    const __m512i halves = _mm512_srli_epi32(_mm512_castps_si512(a), 16);
    _mm256_storeu_si256((__m256i *)(void *)(units + first / 2), _mm512_cvtepi32_epi16(halves));
}

/* The first count lanes. */
OP_avx512 void vstore_part_avx512(float *p, vec_avx512 a, int count)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1u), a);
}

/* The sum of all lanes, by halves. */
OP_avx512 float vsum_avx512(vec_avx512 a)
{
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/* Floored division, exact: a quotient of two 32-bit integers differs from a whole number by more than a double's rounding. */
OP_avx512 ivec_avx512 idiv_avx512(ivec_avx512 a, ivec_avx512 b)
{
    const __m512d low = _mm512_div_pd(_mm512_cvtepi32_pd(_mm512_castsi512_si256(a)), _mm512_cvtepi32_pd(_mm512_castsi512_si256(b)));
    const __m512d high = _mm512_div_pd(_mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1)), _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(b, 1)));
    const __m256i low_floor = _mm512_cvtpd_epi32(_mm512_roundscale_pd(low, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    const __m256i high_floor = _mm512_cvtpd_epi32(_mm512_roundscale_pd(high, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low_floor), high_floor, 1);
}

OP_avx512 ivec_avx512 imod_avx512(ivec_avx512 a, ivec_avx512 b)                   { return isub_avx512(a, imul_avx512(idiv_avx512(a, b), b)); }

/* Four floats each of the rows first, first + 4, first + 8, first + 12. */
OP_avx512 vec_avx512 vload_quarters_avx512(const float *first, int64_t stride)
{
    vec_avx512 a = _mm512_castps128_ps512(_mm_loadu_ps(first));
    a = _mm512_insertf32x4(a, _mm_loadu_ps(first + 4 * stride), 1);
    a = _mm512_insertf32x4(a, _mm_loadu_ps(first + 8 * stride), 2);
    a = _mm512_insertf32x4(a, _mm_loadu_ps(first + 12 * stride), 3);
    return a;
}

/* to[j][i] = from[i][j] for a square of as many rows as lanes; strides in floats. */
OP_avx512 void vtranspose_avx512(const float *from, int64_t from_stride, float *to, int64_t to_stride)
{
    for (int j = 0; j < 16; j += 4, from += 4, to += 4 * to_stride) {
        const vec_avx512 rows0 = vload_quarters_avx512(from + 0 * from_stride, from_stride);
        const vec_avx512 rows1 = vload_quarters_avx512(from + 1 * from_stride, from_stride);
        const vec_avx512 rows2 = vload_quarters_avx512(from + 2 * from_stride, from_stride);
        const vec_avx512 rows3 = vload_quarters_avx512(from + 3 * from_stride, from_stride);
        const vec_avx512 low0 = _mm512_unpacklo_ps(rows0, rows1), high0 = _mm512_unpackhi_ps(rows0, rows1);
        const vec_avx512 low2 = _mm512_unpacklo_ps(rows2, rows3), high2 = _mm512_unpackhi_ps(rows2, rows3);
        vstore_avx512(to, _mm512_shuffle_ps(low0, low2, 0x44));
        vstore_avx512(to + to_stride, _mm512_shuffle_ps(low0, low2, 0xee));
        vstore_avx512(to + 2 * to_stride, _mm512_shuffle_ps(high0, high2, 0x44));
        vstore_avx512(to + 3 * to_stride, _mm512_shuffle_ps(high0, high2, 0xee));
    }
}

/*
** 2^x / vexp2_scale for x up to 100; below -120 it is that of -120. x is n + i/16 + f, floored: a table of 2^(i/16), a
** quadratic in f as a completed square, and vscalefps for n, which takes the floor of x itself. Relative error 6e-7.
*/
OP_avx512 vec_avx512 vexp2_avx512(vec_avx512 x)
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

OP_avx512 vec_avx512 vexp2_exact_avx512(vec_avx512 x)                        { return vmul_avx512(vexp2_avx512(x), vset_avx512(vexp2_scale_avx512)); }

OP_avx512 vec_avx512 vload_f32_avx512(const float *p)                   { return vload_avx512(p); }

/* Definition attention on avx512. */
enum {
    TILE_attention_avx512     = 64,        /* keys whose weights are computed together; a block holds whole tiles */
    PARTIALS_attention_avx512 = 16,    /* partial sums of a tile's weights: of keys so far apart */
    SEGMENT_attention_avx512  = 1024      /* keys of one partial result; they start at its multiples */
};

/* Which of the queries q see key k. */
OP_avx512 mask_avx512 sees_queries_attention_avx512(ivec_avx512 q, int32_t k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    if (k >= kv_len)
        return mset_avx512(0);
    return ile_avx512(iset_avx512(k), q);
}

/* Which of the keys k query q sees. */
OP_avx512 mask_avx512 sees_keys_attention_avx512(int32_t q, ivec_avx512 k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    return mand_avx512(ilt_avx512(k, iset_avx512(kv_len)), ile_avx512(k, iset_avx512(q)));
}

/* The weight of a score, in log2, relative to m. */
OP_avx512 vec_avx512 weight_attention_avx512(vec_avx512 s, vec_avx512 m)
{
    return vexp2_avx512(vsub_avx512(s, m));
}

/*
** Adds a segment's (m, l, o) of one query to the total of those before. A segment without
** a visible key adds nothing. The factor of the larger m is 1: what vexp2_exact makes of 0 is
** wrong by up to 6e-7, always to the same side, which hundreds of segments would add up.
*/
KERNEL_avx512 void merge_attention_avx512(float m, float l, const float *restrict o,
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
    const vec_avx512 factor = vexp2_exact_avx512(vset_avx512(grows ? *m_total - m : m - *m_total));
    const vec_avx512 old = grows ? factor : vset_avx512(1.0f), new = grows ? vset_avx512(1.0f) : factor;
    *m_total = grows ? m : *m_total;
    *l_total = vfirst_avx512(vfma_avx512(vset_avx512(l), new, vmul_avx512(vset_avx512(*l_total), old)));
    for (int d = 0; d < V_ROW_attention; d += 16)
        vstore_avx512(o_total + d, vfma_avx512(vload_avx512(o + d), new, vmul_avx512(vload_avx512(o_total + d), old)));
}

/* One row of two results: weighted by e^(lse - top), top the larger lse, so that one weight is 1. */
KERNEL_avx512 void merge_row_attention_avx512(float *restrict o, float *lse, const float *restrict other_o, float other_lse)
{
    const float top = *lse > other_lse ? *lse : other_lse;
    const float least = *lse > other_lse ? other_lse : *lse;
    const float factor = vfirst_avx512(vexp2_exact_avx512(vset_avx512((least - top) * ATTN_LOG2E))), sum = 1.0f + factor;
    const float own = *lse > other_lse ? 1.0f : factor, other = *lse > other_lse ? factor : 1.0f;
    *lse = (float)(top + attn_log(sum));
    for (int d = 0; d < D_V_attention; d++)
        o[d] = (own * o[d] + other * other_o[d]) / sum;
}

/* Two results over keys that share none become one; a row that saw no key adds nothing. */
KERNEL_avx512 void merge_results_attention_avx512(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse)
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
            merge_row_attention_avx512(row, &lse[i], other, other_lse[i]);
    }
}

/* What makes o of o_total: 1 / l, and 0 for a query that saw no key; and lse. */
OP_avx512 float finish_factor_attention_avx512(const struct attn_args *args, int64_t row, int32_t head, float m, float l)
{
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] =
            l > 0.0f ? (float)(m * ATTN_LN2 + attn_log(l * vexp2_scale_avx512)) : ATTN_HIDDEN;
    if (l == 0.0f)
        return 0.0f;
    return 1.0f / l;
}

/* A vector of columns of o. Adding 0 makes every zero positive: hidden keys could have turned the sign of one. */
OP_avx512 void finish_columns_attention_avx512(float *o, int column, vec_avx512 o_total, float factor)
{
    const vec_avx512 result = vadd_avx512(vmul_avx512(o_total, vset_avx512(factor)), vzero_avx512());
    vstore_avx512(o + column, result);
}

/* The row of o of a query that saw no key: zeros. */
KERNEL_avx512 void finish_hidden_attention_avx512(const struct attn_sequence *sequence, int32_t head, float *restrict o)
{
    (void)sequence;
    (void)head;
    for (int d = 0; d < D_V_attention; d++)
        o[d] = 0.0f;
}

/* The row of o of one query, and its lse. */
KERNEL_avx512 void finish_attention_avx512(const struct attn_args *args, const struct attn_sequence *sequence, int64_t row, int32_t head,
    float m, float l, const float *restrict o_total)
{
    float *restrict o = (float *)args->o + row * args->o_stride + head * args->o_head_stride;
    const float factor = finish_factor_attention_avx512(args, row, head, m, l);
    if (l == 0.0f) {
        finish_hidden_attention_avx512(sequence, head, o);
        return;
    }
    for (int column = 0; column < D_V_attention; column += 16)
        finish_columns_attention_avx512(o, column, vload_avx512(o_total + column), factor);
}
/*
** Prefill, avx512: a block of 64 queries of one head walks the keys, a tile of 64 at
** a time. Scores have lanes = queries, so that the softmax needs no reduction across
** lanes and K is read as the cache stores it; o has lanes = d_v.
*/
enum {
    QUERIES_attention_avx512 = 64,      /* queries in a block */
    APPEND_attention_avx512  = 32,      /* most queries of a sequence that goes by rows, as in decode */
    APPEND_KEYS_attention_avx512 = 8,    /* and its keys for each of them, at least */
    Q_ROW_attention_avx512   = 32       /* D_K, padded to whole vectors */
};

/* What the keys of a segment, or of the segments so far, come to for each query. */
struct prefill_state_attention_avx512 {
    float o[QUERIES_attention_avx512][V_ROW_attention];
    float m[QUERIES_attention_avx512], l[QUERIES_attention_avx512];        /* running maximum (log2) and sum */
};

/* Keys of a mixed tile, counted from its first one, that some query of each vector may see: first .. last. */
struct prefill_seen_attention_avx512 {
    int32_t first[4], last[4];
    int32_t half_first[8], half_last[8];      /* the same of half a vector */
};

/* Where the results of a block's queries go, `apart` from query to query, and what makes them of o. */
struct prefill_results_attention_avx512 {
    float *o;
    int64_t apart;
    float factor[QUERIES_attention_avx512];
};

struct prefill_scratch_attention_avx512 {
    float q[Q_ROW_attention_avx512][QUERIES_attention_avx512];             /* transposed, rotated, scaled */
    float rows[16][Q_ROW_attention_avx512];             /* the same of a vector of queries, not yet transposed */
    float s[2][TILE_attention_avx512][QUERIES_attention_avx512];      /* scores of a tile, then weights p; of two tiles by turns */
    struct prefill_seen_attention_avx512 seen[2];
    float sums[PARTIALS_attention_avx512][QUERIES_attention_avx512];       /* partial sums of p */
    struct prefill_state_attention_avx512 total, segment;   /* of the first segment and those merged with it; of a later one */
    struct prefill_state_attention_avx512 *state;           /* the one that is at work */
    struct prefill_results_attention_avx512 results;
    float tile_max[QUERIES_attention_avx512];
    float alpha[QUERIES_attention_avx512];                  /* what the last rescale multiplied by */
};

/* Where a block is: some queries of one sequence and one head. */
struct prefill_block_attention_avx512 {
    const struct attn_sequence *sequence;
    int64_t row;                 /* of its first query in q and o */
    int32_t queries, first;      /* how many, and the first one's place on the key axis */
    int32_t head;                /* of q and o */
    struct attn_view view;
};

/* Transposes the block's queries, rotated and scaled; lanes without a query are zero. */
KERNEL_avx512 void prefill_queries_attention_avx512(const struct attn_args *args, const struct prefill_block_attention_avx512 *block,
    struct prefill_scratch_attention_avx512 *t)
{
    for (int32_t lane = 0; lane < QUERIES_attention_avx512; lane += 16) {
        for (int32_t i = 0; i < 16; i++)
            if (lane + i < block->queries)
                query_row_attention(args, block->row + lane + i, block->head, t->rows[i]);
            else
                memset(t->rows[i], 0, sizeof t->rows[i]);
        for (int d = 0; d < Q_ROW_attention_avx512; d += 16)
            vtranspose_avx512(&t->rows[0][d], Q_ROW_attention_avx512, &t->q[d][lane], QUERIES_attention_avx512);
    }
}

/* s = q k for 8 keys x 16 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx512 void prefill_scores_1_attention_avx512(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx512 s0_0 = vzero_avx512();
    vec_avx512 s1_0 = vzero_avx512();
    vec_avx512 s2_0 = vzero_avx512();
    vec_avx512 s3_0 = vzero_avx512();
    vec_avx512 s4_0 = vzero_avx512();
    vec_avx512 s5_0 = vzero_avx512();
    vec_avx512 s6_0 = vzero_avx512();
    vec_avx512 s7_0 = vzero_avx512();
    for (int d = 0; d < 32; d += 1) {
        const vec_avx512 q0_0 = vload_avx512(&t->q[d + 0][lane + 0]);
        const vec_avx512 k0_0 = vset_avx512(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx512(q0_0, k0_0, s0_0);
        const vec_avx512 k0_1 = vset_avx512(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx512(q0_0, k0_1, s1_0);
        const vec_avx512 k0_2 = vset_avx512(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx512(q0_0, k0_2, s2_0);
        const vec_avx512 k0_3 = vset_avx512(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx512(q0_0, k0_3, s3_0);
        const vec_avx512 k0_4 = vset_avx512(panel[(d + 0) * PANEL_attention + 4]);
        s4_0 = vfma_avx512(q0_0, k0_4, s4_0);
        const vec_avx512 k0_5 = vset_avx512(panel[(d + 0) * PANEL_attention + 5]);
        s5_0 = vfma_avx512(q0_0, k0_5, s5_0);
        const vec_avx512 k0_6 = vset_avx512(panel[(d + 0) * PANEL_attention + 6]);
        s6_0 = vfma_avx512(q0_0, k0_6, s6_0);
        const vec_avx512 k0_7 = vset_avx512(panel[(d + 0) * PANEL_attention + 7]);
        s7_0 = vfma_avx512(q0_0, k0_7, s7_0);
    }
    vstore_avx512(&s[key + 0][lane + 0], s0_0);
    vstore_avx512(&s[key + 1][lane + 0], s1_0);
    vstore_avx512(&s[key + 2][lane + 0], s2_0);
    vstore_avx512(&s[key + 3][lane + 0], s3_0);
    vstore_avx512(&s[key + 4][lane + 0], s4_0);
    vstore_avx512(&s[key + 5][lane + 0], s5_0);
    vstore_avx512(&s[key + 6][lane + 0], s6_0);
    vstore_avx512(&s[key + 7][lane + 0], s7_0);
}

/* s = q k for 8 keys x 32 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx512 void prefill_scores_2_attention_avx512(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx512 s0_0 = vzero_avx512();
    vec_avx512 s0_1 = vzero_avx512();
    vec_avx512 s1_0 = vzero_avx512();
    vec_avx512 s1_1 = vzero_avx512();
    vec_avx512 s2_0 = vzero_avx512();
    vec_avx512 s2_1 = vzero_avx512();
    vec_avx512 s3_0 = vzero_avx512();
    vec_avx512 s3_1 = vzero_avx512();
    vec_avx512 s4_0 = vzero_avx512();
    vec_avx512 s4_1 = vzero_avx512();
    vec_avx512 s5_0 = vzero_avx512();
    vec_avx512 s5_1 = vzero_avx512();
    vec_avx512 s6_0 = vzero_avx512();
    vec_avx512 s6_1 = vzero_avx512();
    vec_avx512 s7_0 = vzero_avx512();
    vec_avx512 s7_1 = vzero_avx512();
    for (int d = 0; d < 32; d += 1) {
        const vec_avx512 q0_0 = vload_avx512(&t->q[d + 0][lane + 0]);
        const vec_avx512 q0_1 = vload_avx512(&t->q[d + 0][lane + 16]);
        const vec_avx512 k0_0 = vset_avx512(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx512(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx512(q0_1, k0_0, s0_1);
        const vec_avx512 k0_1 = vset_avx512(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx512(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx512(q0_1, k0_1, s1_1);
        const vec_avx512 k0_2 = vset_avx512(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx512(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx512(q0_1, k0_2, s2_1);
        const vec_avx512 k0_3 = vset_avx512(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx512(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx512(q0_1, k0_3, s3_1);
        const vec_avx512 k0_4 = vset_avx512(panel[(d + 0) * PANEL_attention + 4]);
        s4_0 = vfma_avx512(q0_0, k0_4, s4_0);
        s4_1 = vfma_avx512(q0_1, k0_4, s4_1);
        const vec_avx512 k0_5 = vset_avx512(panel[(d + 0) * PANEL_attention + 5]);
        s5_0 = vfma_avx512(q0_0, k0_5, s5_0);
        s5_1 = vfma_avx512(q0_1, k0_5, s5_1);
        const vec_avx512 k0_6 = vset_avx512(panel[(d + 0) * PANEL_attention + 6]);
        s6_0 = vfma_avx512(q0_0, k0_6, s6_0);
        s6_1 = vfma_avx512(q0_1, k0_6, s6_1);
        const vec_avx512 k0_7 = vset_avx512(panel[(d + 0) * PANEL_attention + 7]);
        s7_0 = vfma_avx512(q0_0, k0_7, s7_0);
        s7_1 = vfma_avx512(q0_1, k0_7, s7_1);
    }
    vstore_avx512(&s[key + 0][lane + 0], s0_0);
    vstore_avx512(&s[key + 0][lane + 16], s0_1);
    vstore_avx512(&s[key + 1][lane + 0], s1_0);
    vstore_avx512(&s[key + 1][lane + 16], s1_1);
    vstore_avx512(&s[key + 2][lane + 0], s2_0);
    vstore_avx512(&s[key + 2][lane + 16], s2_1);
    vstore_avx512(&s[key + 3][lane + 0], s3_0);
    vstore_avx512(&s[key + 3][lane + 16], s3_1);
    vstore_avx512(&s[key + 4][lane + 0], s4_0);
    vstore_avx512(&s[key + 4][lane + 16], s4_1);
    vstore_avx512(&s[key + 5][lane + 0], s5_0);
    vstore_avx512(&s[key + 5][lane + 16], s5_1);
    vstore_avx512(&s[key + 6][lane + 0], s6_0);
    vstore_avx512(&s[key + 6][lane + 16], s6_1);
    vstore_avx512(&s[key + 7][lane + 0], s7_0);
    vstore_avx512(&s[key + 7][lane + 16], s7_1);
}

/* s = q k for 4 keys x 48 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx512 void prefill_scores_3_attention_avx512(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx512 s0_0 = vzero_avx512();
    vec_avx512 s0_1 = vzero_avx512();
    vec_avx512 s0_2 = vzero_avx512();
    vec_avx512 s1_0 = vzero_avx512();
    vec_avx512 s1_1 = vzero_avx512();
    vec_avx512 s1_2 = vzero_avx512();
    vec_avx512 s2_0 = vzero_avx512();
    vec_avx512 s2_1 = vzero_avx512();
    vec_avx512 s2_2 = vzero_avx512();
    vec_avx512 s3_0 = vzero_avx512();
    vec_avx512 s3_1 = vzero_avx512();
    vec_avx512 s3_2 = vzero_avx512();
    for (int d = 0; d < 32; d += 1) {
        const vec_avx512 q0_0 = vload_avx512(&t->q[d + 0][lane + 0]);
        const vec_avx512 q0_1 = vload_avx512(&t->q[d + 0][lane + 16]);
        const vec_avx512 q0_2 = vload_avx512(&t->q[d + 0][lane + 32]);
        const vec_avx512 k0_0 = vset_avx512(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx512(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx512(q0_1, k0_0, s0_1);
        s0_2 = vfma_avx512(q0_2, k0_0, s0_2);
        const vec_avx512 k0_1 = vset_avx512(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx512(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx512(q0_1, k0_1, s1_1);
        s1_2 = vfma_avx512(q0_2, k0_1, s1_2);
        const vec_avx512 k0_2 = vset_avx512(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx512(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx512(q0_1, k0_2, s2_1);
        s2_2 = vfma_avx512(q0_2, k0_2, s2_2);
        const vec_avx512 k0_3 = vset_avx512(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx512(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx512(q0_1, k0_3, s3_1);
        s3_2 = vfma_avx512(q0_2, k0_3, s3_2);
    }
    vstore_avx512(&s[key + 0][lane + 0], s0_0);
    vstore_avx512(&s[key + 0][lane + 16], s0_1);
    vstore_avx512(&s[key + 0][lane + 32], s0_2);
    vstore_avx512(&s[key + 1][lane + 0], s1_0);
    vstore_avx512(&s[key + 1][lane + 16], s1_1);
    vstore_avx512(&s[key + 1][lane + 32], s1_2);
    vstore_avx512(&s[key + 2][lane + 0], s2_0);
    vstore_avx512(&s[key + 2][lane + 16], s2_1);
    vstore_avx512(&s[key + 2][lane + 32], s2_2);
    vstore_avx512(&s[key + 3][lane + 0], s3_0);
    vstore_avx512(&s[key + 3][lane + 16], s3_1);
    vstore_avx512(&s[key + 3][lane + 32], s3_2);
}

/* s = q k for 4 keys x 64 queries, from `key` and `lane`: one FMA chain over d for each. */
KERNEL_avx512 void prefill_scores_4_attention_avx512(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx512 s0_0 = vzero_avx512();
    vec_avx512 s0_1 = vzero_avx512();
    vec_avx512 s0_2 = vzero_avx512();
    vec_avx512 s0_3 = vzero_avx512();
    vec_avx512 s1_0 = vzero_avx512();
    vec_avx512 s1_1 = vzero_avx512();
    vec_avx512 s1_2 = vzero_avx512();
    vec_avx512 s1_3 = vzero_avx512();
    vec_avx512 s2_0 = vzero_avx512();
    vec_avx512 s2_1 = vzero_avx512();
    vec_avx512 s2_2 = vzero_avx512();
    vec_avx512 s2_3 = vzero_avx512();
    vec_avx512 s3_0 = vzero_avx512();
    vec_avx512 s3_1 = vzero_avx512();
    vec_avx512 s3_2 = vzero_avx512();
    vec_avx512 s3_3 = vzero_avx512();
    for (int d = 0; d < 32; d += 1) {
        const vec_avx512 q0_0 = vload_avx512(&t->q[d + 0][lane + 0]);
        const vec_avx512 q0_1 = vload_avx512(&t->q[d + 0][lane + 16]);
        const vec_avx512 q0_2 = vload_avx512(&t->q[d + 0][lane + 32]);
        const vec_avx512 q0_3 = vload_avx512(&t->q[d + 0][lane + 48]);
        const vec_avx512 k0_0 = vset_avx512(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx512(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx512(q0_1, k0_0, s0_1);
        s0_2 = vfma_avx512(q0_2, k0_0, s0_2);
        s0_3 = vfma_avx512(q0_3, k0_0, s0_3);
        const vec_avx512 k0_1 = vset_avx512(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx512(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx512(q0_1, k0_1, s1_1);
        s1_2 = vfma_avx512(q0_2, k0_1, s1_2);
        s1_3 = vfma_avx512(q0_3, k0_1, s1_3);
        const vec_avx512 k0_2 = vset_avx512(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx512(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx512(q0_1, k0_2, s2_1);
        s2_2 = vfma_avx512(q0_2, k0_2, s2_2);
        s2_3 = vfma_avx512(q0_3, k0_2, s2_3);
        const vec_avx512 k0_3 = vset_avx512(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx512(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx512(q0_1, k0_3, s3_1);
        s3_2 = vfma_avx512(q0_2, k0_3, s3_2);
        s3_3 = vfma_avx512(q0_3, k0_3, s3_3);
    }
    vstore_avx512(&s[key + 0][lane + 0], s0_0);
    vstore_avx512(&s[key + 0][lane + 16], s0_1);
    vstore_avx512(&s[key + 0][lane + 32], s0_2);
    vstore_avx512(&s[key + 0][lane + 48], s0_3);
    vstore_avx512(&s[key + 1][lane + 0], s1_0);
    vstore_avx512(&s[key + 1][lane + 16], s1_1);
    vstore_avx512(&s[key + 1][lane + 32], s1_2);
    vstore_avx512(&s[key + 1][lane + 48], s1_3);
    vstore_avx512(&s[key + 2][lane + 0], s2_0);
    vstore_avx512(&s[key + 2][lane + 16], s2_1);
    vstore_avx512(&s[key + 2][lane + 32], s2_2);
    vstore_avx512(&s[key + 2][lane + 48], s2_3);
    vstore_avx512(&s[key + 3][lane + 0], s3_0);
    vstore_avx512(&s[key + 3][lane + 16], s3_1);
    vstore_avx512(&s[key + 3][lane + 32], s3_2);
    vstore_avx512(&s[key + 3][lane + 48], s3_3);
}

/* The same for whole register tiles that are seen, with what scores are made of them, and raises each query's largest. */
OP_avx512 void prefill_scores_top_attention_avx512(const float *restrict k,
    int key, int lane, struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    vec_avx512 s0_0 = vzero_avx512();
    vec_avx512 s0_1 = vzero_avx512();
    vec_avx512 s0_2 = vzero_avx512();
    vec_avx512 s0_3 = vzero_avx512();
    vec_avx512 s1_0 = vzero_avx512();
    vec_avx512 s1_1 = vzero_avx512();
    vec_avx512 s1_2 = vzero_avx512();
    vec_avx512 s1_3 = vzero_avx512();
    vec_avx512 s2_0 = vzero_avx512();
    vec_avx512 s2_1 = vzero_avx512();
    vec_avx512 s2_2 = vzero_avx512();
    vec_avx512 s2_3 = vzero_avx512();
    vec_avx512 s3_0 = vzero_avx512();
    vec_avx512 s3_1 = vzero_avx512();
    vec_avx512 s3_2 = vzero_avx512();
    vec_avx512 s3_3 = vzero_avx512();
    for (int d = 0; d < 32; d += 1) {
        const vec_avx512 q0_0 = vload_avx512(&t->q[d + 0][lane + 0]);
        const vec_avx512 q0_1 = vload_avx512(&t->q[d + 0][lane + 16]);
        const vec_avx512 q0_2 = vload_avx512(&t->q[d + 0][lane + 32]);
        const vec_avx512 q0_3 = vload_avx512(&t->q[d + 0][lane + 48]);
        const vec_avx512 k0_0 = vset_avx512(panel[(d + 0) * PANEL_attention + 0]);
        s0_0 = vfma_avx512(q0_0, k0_0, s0_0);
        s0_1 = vfma_avx512(q0_1, k0_0, s0_1);
        s0_2 = vfma_avx512(q0_2, k0_0, s0_2);
        s0_3 = vfma_avx512(q0_3, k0_0, s0_3);
        const vec_avx512 k0_1 = vset_avx512(panel[(d + 0) * PANEL_attention + 1]);
        s1_0 = vfma_avx512(q0_0, k0_1, s1_0);
        s1_1 = vfma_avx512(q0_1, k0_1, s1_1);
        s1_2 = vfma_avx512(q0_2, k0_1, s1_2);
        s1_3 = vfma_avx512(q0_3, k0_1, s1_3);
        const vec_avx512 k0_2 = vset_avx512(panel[(d + 0) * PANEL_attention + 2]);
        s2_0 = vfma_avx512(q0_0, k0_2, s2_0);
        s2_1 = vfma_avx512(q0_1, k0_2, s2_1);
        s2_2 = vfma_avx512(q0_2, k0_2, s2_2);
        s2_3 = vfma_avx512(q0_3, k0_2, s2_3);
        const vec_avx512 k0_3 = vset_avx512(panel[(d + 0) * PANEL_attention + 3]);
        s3_0 = vfma_avx512(q0_0, k0_3, s3_0);
        s3_1 = vfma_avx512(q0_1, k0_3, s3_1);
        s3_2 = vfma_avx512(q0_2, k0_3, s3_2);
        s3_3 = vfma_avx512(q0_3, k0_3, s3_3);
    }
    vec_avx512 top0 = vload_avx512(&t->tile_max[lane + 0]);
    vstore_avx512(&s[key + 0][lane + 0], s0_0);
    top0 = vmax_avx512(top0, s0_0);
    vstore_avx512(&s[key + 1][lane + 0], s1_0);
    top0 = vmax_avx512(top0, s1_0);
    vstore_avx512(&s[key + 2][lane + 0], s2_0);
    top0 = vmax_avx512(top0, s2_0);
    vstore_avx512(&s[key + 3][lane + 0], s3_0);
    top0 = vmax_avx512(top0, s3_0);
    vstore_avx512(&t->tile_max[lane + 0], top0);
    vec_avx512 top1 = vload_avx512(&t->tile_max[lane + 16]);
    vstore_avx512(&s[key + 0][lane + 16], s0_1);
    top1 = vmax_avx512(top1, s0_1);
    vstore_avx512(&s[key + 1][lane + 16], s1_1);
    top1 = vmax_avx512(top1, s1_1);
    vstore_avx512(&s[key + 2][lane + 16], s2_1);
    top1 = vmax_avx512(top1, s2_1);
    vstore_avx512(&s[key + 3][lane + 16], s3_1);
    top1 = vmax_avx512(top1, s3_1);
    vstore_avx512(&t->tile_max[lane + 16], top1);
    vec_avx512 top2 = vload_avx512(&t->tile_max[lane + 32]);
    vstore_avx512(&s[key + 0][lane + 32], s0_2);
    top2 = vmax_avx512(top2, s0_2);
    vstore_avx512(&s[key + 1][lane + 32], s1_2);
    top2 = vmax_avx512(top2, s1_2);
    vstore_avx512(&s[key + 2][lane + 32], s2_2);
    top2 = vmax_avx512(top2, s2_2);
    vstore_avx512(&s[key + 3][lane + 32], s3_2);
    top2 = vmax_avx512(top2, s3_2);
    vstore_avx512(&t->tile_max[lane + 32], top2);
    vec_avx512 top3 = vload_avx512(&t->tile_max[lane + 48]);
    vstore_avx512(&s[key + 0][lane + 48], s0_3);
    top3 = vmax_avx512(top3, s0_3);
    vstore_avx512(&s[key + 1][lane + 48], s1_3);
    top3 = vmax_avx512(top3, s1_3);
    vstore_avx512(&s[key + 2][lane + 48], s2_3);
    top3 = vmax_avx512(top3, s2_3);
    vstore_avx512(&s[key + 3][lane + 48], s3_3);
    top3 = vmax_avx512(top3, s3_3);
    vstore_avx512(&t->tile_max[lane + 48], top3);
}

/* All scores of a tile, and each query's largest. */
KERNEL_avx512 void prefill_scores_all_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0, const float *k,
    struct prefill_scratch_attention_avx512 *t, float (*s)[QUERIES_attention_avx512])
{
    (void)block;
    (void)key0;
    for (int lane = 0; lane < QUERIES_attention_avx512; lane += 16)
        vstore_avx512(&t->tile_max[lane], vset_avx512(ATTN_HIDDEN));
    for (int lane = 0; lane < QUERIES_attention_avx512; lane += 64)
        for (int key = 0; key < TILE_attention_avx512; key += 4) {
            prefill_scores_top_attention_avx512(k, key, lane, t, s);
        }
}

static void prefill_seen_find_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0, int32_t keys,
    struct prefill_seen_attention_avx512 *seen)
{
    for (int32_t lane = 0; lane < QUERIES_attention_avx512; lane += 8) {
        const int32_t end = lane + 8 < block->queries ? lane + 8 : block->queries;
        int32_t first = key0, last = lane < end ? key0 + keys - 1 : key0 - 1;
        if (lane < end)
            visible_keys_attention(block->first + lane, block->first + end - 1, &block->view, &first, &last);
        seen->half_first[lane / 8] = first - key0;
        seen->half_last[lane / 8] = last - key0;
    }
    for (int i = 0; i < 4; i++) {
        const int32_t *first = &seen->half_first[2 * i], *last = &seen->half_last[2 * i];
        seen->first[i] = first[0] < first[1] ? first[0] : first[1];
        seen->last[i] = last[0] > last[1] ? last[0] : last[1];
    }
}

/* s = q k for 8 keys x 8 queries. */
KERNEL_avx512 void prefill_scores_half_attention_avx512(const float *restrict k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512])
{
    const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
    half_avx512 s0 = hzero_avx512();
    half_avx512 s1 = hzero_avx512();
    half_avx512 s2 = hzero_avx512();
    half_avx512 s3 = hzero_avx512();
    half_avx512 s4 = hzero_avx512();
    half_avx512 s5 = hzero_avx512();
    half_avx512 s6 = hzero_avx512();
    half_avx512 s7 = hzero_avx512();
    for (int d = 0; d < 32; d++, panel += PANEL_attention) {
        const half_avx512 q = hload_avx512(&t->q[d][lane]);
        s0 = hfma_avx512(q, hset_avx512(panel[0]), s0);
        s1 = hfma_avx512(q, hset_avx512(panel[1]), s1);
        s2 = hfma_avx512(q, hset_avx512(panel[2]), s2);
        s3 = hfma_avx512(q, hset_avx512(panel[3]), s3);
        s4 = hfma_avx512(q, hset_avx512(panel[4]), s4);
        s5 = hfma_avx512(q, hset_avx512(panel[5]), s5);
        s6 = hfma_avx512(q, hset_avx512(panel[6]), s6);
        s7 = hfma_avx512(q, hset_avx512(panel[7]), s7);
    }
    hstore_avx512(&s[key + 0][lane], s0);
    hstore_avx512(&s[key + 1][lane], s1);
    hstore_avx512(&s[key + 2][lane], s2);
    hstore_avx512(&s[key + 3][lane], s3);
    hstore_avx512(&s[key + 4][lane], s4);
    hstore_avx512(&s[key + 5][lane], s5);
    hstore_avx512(&s[key + 6][lane], s6);
    hstore_avx512(&s[key + 7][lane], s7);
}

/* Scores of 8 keys for those of 4 vectors of queries that may see one of them, from half a vector to half a vector. */
KERNEL_avx512 void prefill_scores_seen_attention_avx512(const float *k, int key, int lane,
    const struct prefill_scratch_attention_avx512 *t, const struct prefill_seen_attention_avx512 *seen, float (*s)[QUERIES_attention_avx512])
{
    int from = lane, to = lane;
    for (int at = lane; at < lane + 64; at += 8)
        if (seen->half_first[at / 8] < key + 8 && seen->half_last[at / 8] >= key) {
            from = to == lane ? at : from;
            to = at + 8;
        }
    if (from % 16 != 0) {
        prefill_scores_half_attention_avx512(k, key, from, t, s);
        from += 8;
    }
    if (to % 16 != 0) {
        to -= 8;
        prefill_scores_half_attention_avx512(k, key, to, t, s);
    }
    switch ((to - from) / 16) {
    case 1:
        prefill_scores_1_attention_avx512(k, key, from, t, s);
        break;
    case 2:
        prefill_scores_2_attention_avx512(k, key, from, t, s);
        break;
    case 3:
        prefill_scores_3_attention_avx512(k, key, from, t, s);
        prefill_scores_3_attention_avx512(k, key + 4, from, t, s);
        break;
    case 4:
        prefill_scores_4_attention_avx512(k, key, from, t, s);
        prefill_scores_4_attention_avx512(k, key + 4, from, t, s);
        break;
    default: break;
    }
}

/*
** The same for a tile that some of the queries see some of: hidden scores are -infinity. Keys
** that no query of a vector sees have none.
*/
KERNEL_avx512 void prefill_scores_some_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0, int32_t keys,
    const float *k, struct prefill_scratch_attention_avx512 *t, struct prefill_seen_attention_avx512 *seen, float (*s)[QUERIES_attention_avx512])
{
    prefill_seen_find_attention_avx512(block, key0, keys, seen);
    for (int lane = 0; lane < block->queries; lane += 64)
        for (int key = 0; key < keys; key += 8)
            prefill_scores_seen_attention_avx512(k, key, lane, t, seen, s);
    for (int lane = 0; lane < block->queries; lane += 16) {
        const ivec_avx512 place = iramp_avx512(block->first + lane);
        vec_avx512 top = vset_avx512(ATTN_HIDDEN);
        const int last = seen->last[lane / 16], clear = last - 15;      /* often all of the vector see those before */
        int key = seen->first[lane / 16];
        if (key < clear && sight_attention(block->first + lane, block->first + lane + 15, key0 + key, key0 + clear - 1, &block->view) == SEES_ALL)
            for (; key < clear; key++) {
                const vec_avx512 score = vload_avx512(&s[key][lane]);
                top = vmax_avx512(top, score);
            }
        for (; key <= last; key++) {
            const mask_avx512 sees = sees_queries_attention_avx512(place, key0 + key, &block->view);
            const vec_avx512 score = vselect_avx512(sees, vload_avx512(&s[key][lane]), vset_avx512(ATTN_HIDDEN));
            vstore_avx512(&s[key][lane], score);
            top = vmax_avx512(top, score);
        }
        vstore_avx512(&t->tile_max[lane], top);
    }
}

/*
** Moves m to the tile's maximum for each query whose maximum grew by more than ATTN_LAZY,
** and l with it; true when some did: then alpha holds what their o must be multiplied by,
** and 1 for the others.
*/
KERNEL_avx512 int prefill_maximum_attention_avx512(struct prefill_scratch_attention_avx512 *t, int32_t queries)
{
    int grown = 0;
    for (int lane = 0; lane < queries; lane += 16) {
        const vec_avx512 m = vload_avx512(&t->state->m[lane]), top = vload_avx512(&t->tile_max[lane]);
        const mask_avx512 grows = vgreater_avx512(top, vadd_avx512(m, vset_avx512(ATTN_LAZY)));
        if (!many_avx512(grows)) {
            vstore_avx512(&t->alpha[lane], vset_avx512(1.0f));
            continue;
        }
        const vec_avx512 alpha = vselect_avx512(grows, vexp2_exact_avx512(vsub_avx512(m, top)), vset_avx512(1.0f));
        vstore_avx512(&t->alpha[lane], alpha);
        vstore_avx512(&t->state->l[lane], vmul_avx512(vload_avx512(&t->state->l[lane]), alpha));
        vstore_avx512(&t->state->m[lane], vselect_avx512(grows, top, m));
        grown = 1;
    }
    return grown;
}

/* o = alpha o. */
KERNEL_avx512 void prefill_rescale_attention_avx512(struct prefill_scratch_attention_avx512 *t, int32_t queries)
{
    for (int32_t i = 0; i < queries; i++) {
        if (t->alpha[i] == 1.0f)
            continue;
        for (int d = 0; d < V_ROW_attention; d += 16)
            vstore_avx512(&t->state->o[i][d], vmul_avx512(vload_avx512(&t->state->o[i][d]), vset_avx512(t->alpha[i])));
    }
}

/* l += the tile's weights, by a fixed tree: keys PARTIALS apart in order, then halves. */
KERNEL_avx512 void prefill_sum_attention_avx512(struct prefill_scratch_attention_avx512 *t, int32_t queries)
{
    for (int lane = 0; lane < queries; lane += 16) {
        vec_avx512 s0 = vload_avx512(&t->sums[0][lane]);
        vec_avx512 s1 = vload_avx512(&t->sums[1][lane]);
        vec_avx512 s2 = vload_avx512(&t->sums[2][lane]);
        vec_avx512 s3 = vload_avx512(&t->sums[3][lane]);
        vec_avx512 s4 = vload_avx512(&t->sums[4][lane]);
        vec_avx512 s5 = vload_avx512(&t->sums[5][lane]);
        vec_avx512 s6 = vload_avx512(&t->sums[6][lane]);
        vec_avx512 s7 = vload_avx512(&t->sums[7][lane]);
        vec_avx512 s8 = vload_avx512(&t->sums[8][lane]);
        vec_avx512 s9 = vload_avx512(&t->sums[9][lane]);
        vec_avx512 s10 = vload_avx512(&t->sums[10][lane]);
        vec_avx512 s11 = vload_avx512(&t->sums[11][lane]);
        vec_avx512 s12 = vload_avx512(&t->sums[12][lane]);
        vec_avx512 s13 = vload_avx512(&t->sums[13][lane]);
        vec_avx512 s14 = vload_avx512(&t->sums[14][lane]);
        vec_avx512 s15 = vload_avx512(&t->sums[15][lane]);
        s0 = vadd_avx512(s0, s8);
        s1 = vadd_avx512(s1, s9);
        s2 = vadd_avx512(s2, s10);
        s3 = vadd_avx512(s3, s11);
        s4 = vadd_avx512(s4, s12);
        s5 = vadd_avx512(s5, s13);
        s6 = vadd_avx512(s6, s14);
        s7 = vadd_avx512(s7, s15);
        s0 = vadd_avx512(s0, s4);
        s1 = vadd_avx512(s1, s5);
        s2 = vadd_avx512(s2, s6);
        s3 = vadd_avx512(s3, s7);
        s0 = vadd_avx512(s0, s2);
        s1 = vadd_avx512(s1, s3);
        s0 = vadd_avx512(s0, s1);
        vstore_avx512(&t->state->l[lane], vadd_avx512(vload_avx512(&t->state->l[lane]), s0));
    }
}

/* The weight of a score, 0 of a hidden one. m is -infinity for a query that saw no key yet. */
OP_avx512 vec_avx512 prefill_weight_attention_avx512(vec_avx512 s, vec_avx512 m)
{
    const mask_avx512 seen = vgreater_avx512(s, vset_avx512(ATTN_HIDDEN));
    return vselect_avx512(seen, weight_attention_avx512(s, vmax_avx512(m, vset_avx512(ATTN_LOWEST))), vzero_avx512());
}

/* p = weight(s, m) in the place of s. */
KERNEL_avx512 void prefill_weights_all_attention_avx512(struct prefill_scratch_attention_avx512 *t, float (*s)[QUERIES_attention_avx512])
{
    for (int lane = 0; lane < QUERIES_attention_avx512; lane += 16) {
        const vec_avx512 m = vload_avx512(&t->state->m[lane]);
        for (int j = 0; j < PARTIALS_attention_avx512; j++) {
            vec_avx512 sum = vzero_avx512();
            const vec_avx512 s0 = vload_avx512(&s[j + 0][lane]);
            const vec_avx512 p0 = weight_attention_avx512(s0, m);
            vstore_avx512(&s[j + 0][lane], p0);
            sum = vadd_avx512(sum, p0);
            const vec_avx512 s1 = vload_avx512(&s[j + 16][lane]);
            const vec_avx512 p1 = weight_attention_avx512(s1, m);
            vstore_avx512(&s[j + 16][lane], p1);
            sum = vadd_avx512(sum, p1);
            const vec_avx512 s2 = vload_avx512(&s[j + 32][lane]);
            const vec_avx512 p2 = weight_attention_avx512(s2, m);
            vstore_avx512(&s[j + 32][lane], p2);
            sum = vadd_avx512(sum, p2);
            const vec_avx512 s3 = vload_avx512(&s[j + 48][lane]);
            const vec_avx512 p3 = weight_attention_avx512(s3, m);
            vstore_avx512(&s[j + 48][lane], p3);
            sum = vadd_avx512(sum, p3);
            vstore_avx512(&t->sums[j][lane], sum);
        }
    }
}

/* The same for the keys that the queries of each vector may see. */
KERNEL_avx512 void prefill_weights_some_attention_avx512(struct prefill_scratch_attention_avx512 *t, int32_t queries,
    const struct prefill_seen_attention_avx512 *seen, float (*s)[QUERIES_attention_avx512])
{
    for (int lane = 0; lane < queries; lane += 16) {
        const vec_avx512 m = vload_avx512(&t->state->m[lane]);
        const int32_t first = seen->first[lane / 16], last = seen->last[lane / 16];
        for (int j = 0; j < PARTIALS_attention_avx512; j++)
            vstore_avx512(&t->sums[j][lane], vzero_avx512());
        for (int32_t key = first; key <= last; key++) {
            float *sum = &t->sums[key % PARTIALS_attention_avx512][lane];
            const vec_avx512 p = prefill_weight_attention_avx512(vload_avx512(&s[key][lane]), m);
            vstore_avx512(&s[key][lane], p);
            vstore_avx512(sum, vadd_avx512(vload_avx512(sum), p));
        }
    }
}

/*
** All scores s of a tile and each query's largest, and meanwhile the weights of the tile
** before it in place of its scores p: exponentials after every 2 steps of d, so that
** they fill the pipes that the FMAs leave idle. What comes next is fetched as well.
*/
KERNEL_avx512 void prefill_scores_weights_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0,
    const float *restrict k, struct prefill_scratch_attention_avx512 *restrict t, float (*restrict s)[QUERIES_attention_avx512],
    float (*restrict p)[QUERIES_attention_avx512], const char *v, const char *next_k, const char *next_v)
{
    (void)block;
    (void)key0;
    for (int j = 0; j < PARTIALS_attention_avx512; j++) {
        const int key = j * 4;
        const float *restrict panel = k + key / PANEL_attention * (PANEL_attention * D_K_attention) + key % PANEL_attention;
        float (*restrict q)[QUERIES_attention_avx512] = t->q;
        vec_avx512 s0_0 = vzero_avx512();
        vec_avx512 s0_1 = vzero_avx512();
        vec_avx512 s0_2 = vzero_avx512();
        vec_avx512 s0_3 = vzero_avx512();
        vec_avx512 s1_0 = vzero_avx512();
        vec_avx512 s1_1 = vzero_avx512();
        vec_avx512 s1_2 = vzero_avx512();
        vec_avx512 s1_3 = vzero_avx512();
        vec_avx512 s2_0 = vzero_avx512();
        vec_avx512 s2_1 = vzero_avx512();
        vec_avx512 s2_2 = vzero_avx512();
        vec_avx512 s2_3 = vzero_avx512();
        vec_avx512 s3_0 = vzero_avx512();
        vec_avx512 s3_1 = vzero_avx512();
        vec_avx512 s3_2 = vzero_avx512();
        vec_avx512 s3_3 = vzero_avx512();
        for (int lane = 0; lane < QUERIES_attention_avx512; lane += 16) {
            const vec_avx512 m = vload_avx512(&t->state->m[lane]);
            vec_avx512 sum = vzero_avx512();
            const vec_avx512 old0 = vload_avx512(&p[j + 0][lane]);
            const vec_avx512 p0 = weight_attention_avx512(old0, m);
            vstore_avx512(&p[j + 0][lane], p0);
            sum = vadd_avx512(sum, p0);
            ATTN_FETCH_NEAR(v);
            v += 64;
            ATTN_FETCH(next_k);
            next_k += 64;
            ATTN_FETCH(next_v);
            next_v += 64;
            for (int d = 0; d < 2; d++, panel += PANEL_attention, q++) {
                const vec_avx512 q0 = vload_avx512(&q[0][0]);
                const vec_avx512 q1 = vload_avx512(&q[0][16]);
                const vec_avx512 q2 = vload_avx512(&q[0][32]);
                const vec_avx512 q3 = vload_avx512(&q[0][48]);
                const vec_avx512 k0 = vset_avx512(panel[0]);
                s0_0 = vfma_avx512(q0, k0, s0_0);
                s0_1 = vfma_avx512(q1, k0, s0_1);
                s0_2 = vfma_avx512(q2, k0, s0_2);
                s0_3 = vfma_avx512(q3, k0, s0_3);
                const vec_avx512 k1 = vset_avx512(panel[1]);
                s1_0 = vfma_avx512(q0, k1, s1_0);
                s1_1 = vfma_avx512(q1, k1, s1_1);
                s1_2 = vfma_avx512(q2, k1, s1_2);
                s1_3 = vfma_avx512(q3, k1, s1_3);
                const vec_avx512 k2 = vset_avx512(panel[2]);
                s2_0 = vfma_avx512(q0, k2, s2_0);
                s2_1 = vfma_avx512(q1, k2, s2_1);
                s2_2 = vfma_avx512(q2, k2, s2_2);
                s2_3 = vfma_avx512(q3, k2, s2_3);
                const vec_avx512 k3 = vset_avx512(panel[3]);
                s3_0 = vfma_avx512(q0, k3, s3_0);
                s3_1 = vfma_avx512(q1, k3, s3_1);
                s3_2 = vfma_avx512(q2, k3, s3_2);
                s3_3 = vfma_avx512(q3, k3, s3_3);
            }
            const vec_avx512 old1 = vload_avx512(&p[j + 16][lane]);
            const vec_avx512 p1 = weight_attention_avx512(old1, m);
            vstore_avx512(&p[j + 16][lane], p1);
            sum = vadd_avx512(sum, p1);
            ATTN_FETCH_NEAR(v);
            v += 64;
            ATTN_FETCH(next_k);
            next_k += 64;
            ATTN_FETCH(next_v);
            next_v += 64;
            for (int d = 0; d < 2; d++, panel += PANEL_attention, q++) {
                const vec_avx512 q0 = vload_avx512(&q[0][0]);
                const vec_avx512 q1 = vload_avx512(&q[0][16]);
                const vec_avx512 q2 = vload_avx512(&q[0][32]);
                const vec_avx512 q3 = vload_avx512(&q[0][48]);
                const vec_avx512 k0 = vset_avx512(panel[0]);
                s0_0 = vfma_avx512(q0, k0, s0_0);
                s0_1 = vfma_avx512(q1, k0, s0_1);
                s0_2 = vfma_avx512(q2, k0, s0_2);
                s0_3 = vfma_avx512(q3, k0, s0_3);
                const vec_avx512 k1 = vset_avx512(panel[1]);
                s1_0 = vfma_avx512(q0, k1, s1_0);
                s1_1 = vfma_avx512(q1, k1, s1_1);
                s1_2 = vfma_avx512(q2, k1, s1_2);
                s1_3 = vfma_avx512(q3, k1, s1_3);
                const vec_avx512 k2 = vset_avx512(panel[2]);
                s2_0 = vfma_avx512(q0, k2, s2_0);
                s2_1 = vfma_avx512(q1, k2, s2_1);
                s2_2 = vfma_avx512(q2, k2, s2_2);
                s2_3 = vfma_avx512(q3, k2, s2_3);
                const vec_avx512 k3 = vset_avx512(panel[3]);
                s3_0 = vfma_avx512(q0, k3, s3_0);
                s3_1 = vfma_avx512(q1, k3, s3_1);
                s3_2 = vfma_avx512(q2, k3, s3_2);
                s3_3 = vfma_avx512(q3, k3, s3_3);
            }
            const vec_avx512 old2 = vload_avx512(&p[j + 32][lane]);
            const vec_avx512 p2 = weight_attention_avx512(old2, m);
            vstore_avx512(&p[j + 32][lane], p2);
            sum = vadd_avx512(sum, p2);
            ATTN_FETCH_NEAR(v);
            v += 64;
            ATTN_FETCH(next_k);
            next_k += 64;
            ATTN_FETCH(next_v);
            next_v += 64;
            for (int d = 0; d < 2; d++, panel += PANEL_attention, q++) {
                const vec_avx512 q0 = vload_avx512(&q[0][0]);
                const vec_avx512 q1 = vload_avx512(&q[0][16]);
                const vec_avx512 q2 = vload_avx512(&q[0][32]);
                const vec_avx512 q3 = vload_avx512(&q[0][48]);
                const vec_avx512 k0 = vset_avx512(panel[0]);
                s0_0 = vfma_avx512(q0, k0, s0_0);
                s0_1 = vfma_avx512(q1, k0, s0_1);
                s0_2 = vfma_avx512(q2, k0, s0_2);
                s0_3 = vfma_avx512(q3, k0, s0_3);
                const vec_avx512 k1 = vset_avx512(panel[1]);
                s1_0 = vfma_avx512(q0, k1, s1_0);
                s1_1 = vfma_avx512(q1, k1, s1_1);
                s1_2 = vfma_avx512(q2, k1, s1_2);
                s1_3 = vfma_avx512(q3, k1, s1_3);
                const vec_avx512 k2 = vset_avx512(panel[2]);
                s2_0 = vfma_avx512(q0, k2, s2_0);
                s2_1 = vfma_avx512(q1, k2, s2_1);
                s2_2 = vfma_avx512(q2, k2, s2_2);
                s2_3 = vfma_avx512(q3, k2, s2_3);
                const vec_avx512 k3 = vset_avx512(panel[3]);
                s3_0 = vfma_avx512(q0, k3, s3_0);
                s3_1 = vfma_avx512(q1, k3, s3_1);
                s3_2 = vfma_avx512(q2, k3, s3_2);
                s3_3 = vfma_avx512(q3, k3, s3_3);
            }
            const vec_avx512 old3 = vload_avx512(&p[j + 48][lane]);
            const vec_avx512 p3 = weight_attention_avx512(old3, m);
            vstore_avx512(&p[j + 48][lane], p3);
            sum = vadd_avx512(sum, p3);
            ATTN_FETCH_NEAR(v);
            v += 64;
            ATTN_FETCH(next_k);
            next_k += 64;
            ATTN_FETCH(next_v);
            next_v += 64;
            for (int d = 0; d < 2; d++, panel += PANEL_attention, q++) {
                const vec_avx512 q0 = vload_avx512(&q[0][0]);
                const vec_avx512 q1 = vload_avx512(&q[0][16]);
                const vec_avx512 q2 = vload_avx512(&q[0][32]);
                const vec_avx512 q3 = vload_avx512(&q[0][48]);
                const vec_avx512 k0 = vset_avx512(panel[0]);
                s0_0 = vfma_avx512(q0, k0, s0_0);
                s0_1 = vfma_avx512(q1, k0, s0_1);
                s0_2 = vfma_avx512(q2, k0, s0_2);
                s0_3 = vfma_avx512(q3, k0, s0_3);
                const vec_avx512 k1 = vset_avx512(panel[1]);
                s1_0 = vfma_avx512(q0, k1, s1_0);
                s1_1 = vfma_avx512(q1, k1, s1_1);
                s1_2 = vfma_avx512(q2, k1, s1_2);
                s1_3 = vfma_avx512(q3, k1, s1_3);
                const vec_avx512 k2 = vset_avx512(panel[2]);
                s2_0 = vfma_avx512(q0, k2, s2_0);
                s2_1 = vfma_avx512(q1, k2, s2_1);
                s2_2 = vfma_avx512(q2, k2, s2_2);
                s2_3 = vfma_avx512(q3, k2, s2_3);
                const vec_avx512 k3 = vset_avx512(panel[3]);
                s3_0 = vfma_avx512(q0, k3, s3_0);
                s3_1 = vfma_avx512(q1, k3, s3_1);
                s3_2 = vfma_avx512(q2, k3, s3_2);
                s3_3 = vfma_avx512(q3, k3, s3_3);
            }
            vstore_avx512(&t->sums[j][lane], sum);
        }
        vec_avx512 top0 = j == 0 ? s0_0 : vmax_avx512(vload_avx512(&t->tile_max[0]), s0_0);
        vstore_avx512(&s[key + 0][0], s0_0);
        vstore_avx512(&s[key + 1][0], s1_0);
        top0 = vmax_avx512(top0, s1_0);
        vstore_avx512(&s[key + 2][0], s2_0);
        top0 = vmax_avx512(top0, s2_0);
        vstore_avx512(&s[key + 3][0], s3_0);
        top0 = vmax_avx512(top0, s3_0);
        vstore_avx512(&t->tile_max[0], top0);
        vec_avx512 top1 = j == 0 ? s0_1 : vmax_avx512(vload_avx512(&t->tile_max[16]), s0_1);
        vstore_avx512(&s[key + 0][16], s0_1);
        vstore_avx512(&s[key + 1][16], s1_1);
        top1 = vmax_avx512(top1, s1_1);
        vstore_avx512(&s[key + 2][16], s2_1);
        top1 = vmax_avx512(top1, s2_1);
        vstore_avx512(&s[key + 3][16], s3_1);
        top1 = vmax_avx512(top1, s3_1);
        vstore_avx512(&t->tile_max[16], top1);
        vec_avx512 top2 = j == 0 ? s0_2 : vmax_avx512(vload_avx512(&t->tile_max[32]), s0_2);
        vstore_avx512(&s[key + 0][32], s0_2);
        vstore_avx512(&s[key + 1][32], s1_2);
        top2 = vmax_avx512(top2, s1_2);
        vstore_avx512(&s[key + 2][32], s2_2);
        top2 = vmax_avx512(top2, s2_2);
        vstore_avx512(&s[key + 3][32], s3_2);
        top2 = vmax_avx512(top2, s3_2);
        vstore_avx512(&t->tile_max[32], top2);
        vec_avx512 top3 = j == 0 ? s0_3 : vmax_avx512(vload_avx512(&t->tile_max[48]), s0_3);
        vstore_avx512(&s[key + 0][48], s0_3);
        vstore_avx512(&s[key + 1][48], s1_3);
        top3 = vmax_avx512(top3, s1_3);
        vstore_avx512(&s[key + 2][48], s2_3);
        top3 = vmax_avx512(top3, s2_3);
        vstore_avx512(&s[key + 3][48], s3_3);
        top3 = vmax_avx512(top3, s3_3);
        vstore_avx512(&t->tile_max[48], top3);
    }
}

/*
** Decode, avx512: rows are queries of the heads that share a KV head. They walk one segment of the keys together, so
** that each K and V is read once for all of them. Scores have lanes = keys, o has lanes = d_v.
*/
enum {
    DECODE_Q_attention_avx512 = 32      /* floats of a query: D_K, and what a last byte of K holds besides */
};

/*
** s = q k for the tile of keys from `tile` of the block on, 3 rows x 16 keys at once: one FMA chain
** over d for each.
*/
KERNEL_avx512 void decode_scores_attention_avx512(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx512],
    float (*restrict s)[TILE_attention_avx512])
{
    for (int key = 0; key < TILE_attention_avx512; key += 16) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx512 s0_0 = vzero_avx512();
        vec_avx512 s1_0 = vzero_avx512();
        vec_avx512 s2_0 = vzero_avx512();
        for (int d = 0; d < D_K_attention; d += 1) {
            const vec_avx512 k1_0 = vload_f32_avx512(&block->k[panel + 0][d][lane + 0]);
            const vec_avx512 q1_0 = vset_avx512(q[0][d]);
            s0_0 = vfma_avx512(q1_0, k1_0, s0_0);
            const vec_avx512 q1_1 = vset_avx512(q[1][d]);
            s1_0 = vfma_avx512(q1_1, k1_0, s1_0);
            const vec_avx512 q1_2 = vset_avx512(q[2][d]);
            s2_0 = vfma_avx512(q1_2, k1_0, s2_0);
        }
        vstore_avx512(&s[0][key + 0], s0_0);
        vstore_avx512(&s[1][key + 0], s1_0);
        vstore_avx512(&s[2][key + 0], s2_0);
    }
}

/*
** o += p v over the tile's first `keys` keys, 3 rows x 16 columns: one FMA chain over the
** keys for each.
*/
KERNEL_avx512 void decode_values_attention_avx512(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx512], float (*restrict o)[V_ROW_attention])
{
    vec_avx512 o0_0 = vload_avx512(&o[0][column + 0]);
    vec_avx512 o1_0 = vload_avx512(&o[1][column + 0]);
    vec_avx512 o2_0 = vload_avx512(&o[2][column + 0]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1) {
        const vec_avx512 v1_0 = vload_f32_avx512(v + key * V_STRIP_attention + 0);
        const vec_avx512 p1_0 = vset_avx512(p[0][key]);
        o0_0 = vfma_avx512(p1_0, v1_0, o0_0);
        const vec_avx512 p1_1 = vset_avx512(p[1][key]);
        o1_0 = vfma_avx512(p1_1, v1_0, o1_0);
        const vec_avx512 p1_2 = vset_avx512(p[2][key]);
        o2_0 = vfma_avx512(p1_2, v1_0, o2_0);
    }
    vstore_avx512(&o[0][column + 0], o0_0);
    vstore_avx512(&o[1][column + 0], o1_0);
    vstore_avx512(&o[2][column + 0], o2_0);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 4 rows x 64 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_avx512 void decode_scores_rows_attention_avx512(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx512],
    float (*restrict s)[TILE_attention_avx512], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_avx512; key += 64) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx512 s0_0 = vzero_avx512();
        vec_avx512 s0_1 = vzero_avx512();
        vec_avx512 s0_2 = vzero_avx512();
        vec_avx512 s0_3 = vzero_avx512();
        vec_avx512 s1_0 = vzero_avx512();
        vec_avx512 s1_1 = vzero_avx512();
        vec_avx512 s1_2 = vzero_avx512();
        vec_avx512 s1_3 = vzero_avx512();
        vec_avx512 s2_0 = vzero_avx512();
        vec_avx512 s2_1 = vzero_avx512();
        vec_avx512 s2_2 = vzero_avx512();
        vec_avx512 s2_3 = vzero_avx512();
        vec_avx512 s3_0 = vzero_avx512();
        vec_avx512 s3_1 = vzero_avx512();
        vec_avx512 s3_2 = vzero_avx512();
        vec_avx512 s3_3 = vzero_avx512();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            ATTN_FETCH(next + 64);
            ATTN_FETCH(next + 128);
            ATTN_FETCH(next + 192);
            const vec_avx512 k1_0 = vload_f32_avx512(&block->k[panel + 0][d][lane + 0]);
            const vec_avx512 k1_1 = vload_f32_avx512(&block->k[panel + 1][d][lane + 0]);
            const vec_avx512 k1_2 = vload_f32_avx512(&block->k[panel + 2][d][lane + 0]);
            const vec_avx512 k1_3 = vload_f32_avx512(&block->k[panel + 3][d][lane + 0]);
            const vec_avx512 q1_0 = vset_avx512(q[0][d]);
            s0_0 = vfma_avx512(q1_0, k1_0, s0_0);
            s0_1 = vfma_avx512(q1_0, k1_1, s0_1);
            s0_2 = vfma_avx512(q1_0, k1_2, s0_2);
            s0_3 = vfma_avx512(q1_0, k1_3, s0_3);
            const vec_avx512 q1_1 = vset_avx512(q[1][d]);
            s1_0 = vfma_avx512(q1_1, k1_0, s1_0);
            s1_1 = vfma_avx512(q1_1, k1_1, s1_1);
            s1_2 = vfma_avx512(q1_1, k1_2, s1_2);
            s1_3 = vfma_avx512(q1_1, k1_3, s1_3);
            const vec_avx512 q1_2 = vset_avx512(q[2][d]);
            s2_0 = vfma_avx512(q1_2, k1_0, s2_0);
            s2_1 = vfma_avx512(q1_2, k1_1, s2_1);
            s2_2 = vfma_avx512(q1_2, k1_2, s2_2);
            s2_3 = vfma_avx512(q1_2, k1_3, s2_3);
            const vec_avx512 q1_3 = vset_avx512(q[3][d]);
            s3_0 = vfma_avx512(q1_3, k1_0, s3_0);
            s3_1 = vfma_avx512(q1_3, k1_1, s3_1);
            s3_2 = vfma_avx512(q1_3, k1_2, s3_2);
            s3_3 = vfma_avx512(q1_3, k1_3, s3_3);
        }
        vstore_avx512(&s[0][key + 0], s0_0);
        vstore_avx512(&s[0][key + 16], s0_1);
        vstore_avx512(&s[0][key + 32], s0_2);
        vstore_avx512(&s[0][key + 48], s0_3);
        vstore_avx512(&s[1][key + 0], s1_0);
        vstore_avx512(&s[1][key + 16], s1_1);
        vstore_avx512(&s[1][key + 32], s1_2);
        vstore_avx512(&s[1][key + 48], s1_3);
        vstore_avx512(&s[2][key + 0], s2_0);
        vstore_avx512(&s[2][key + 16], s2_1);
        vstore_avx512(&s[2][key + 32], s2_2);
        vstore_avx512(&s[2][key + 48], s2_3);
        vstore_avx512(&s[3][key + 0], s3_0);
        vstore_avx512(&s[3][key + 16], s3_1);
        vstore_avx512(&s[3][key + 32], s3_2);
        vstore_avx512(&s[3][key + 48], s3_3);
    }
}

/*
** o += p v over the tile's first `keys` keys, 4 rows x 32 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_avx512 void decode_values_rows_attention_avx512(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx512], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_avx512 o0_0 = vload_avx512(&o[0][column + 0]);
    vec_avx512 o0_1 = vload_avx512(&o[0][column + 16]);
    vec_avx512 o1_0 = vload_avx512(&o[1][column + 0]);
    vec_avx512 o1_1 = vload_avx512(&o[1][column + 16]);
    vec_avx512 o2_0 = vload_avx512(&o[2][column + 0]);
    vec_avx512 o2_1 = vload_avx512(&o[2][column + 16]);
    vec_avx512 o3_0 = vload_avx512(&o[3][column + 0]);
    vec_avx512 o3_1 = vload_avx512(&o[3][column + 16]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        ATTN_FETCH(next + 64);
        const vec_avx512 v1_0 = vload_f32_avx512(v + key * V_STRIP_attention + 0);
        const vec_avx512 v1_1 = vload_f32_avx512(v + key * V_STRIP_attention + 1024);
        const vec_avx512 p1_0 = vset_avx512(p[0][key]);
        o0_0 = vfma_avx512(p1_0, v1_0, o0_0);
        o0_1 = vfma_avx512(p1_0, v1_1, o0_1);
        const vec_avx512 p1_1 = vset_avx512(p[1][key]);
        o1_0 = vfma_avx512(p1_1, v1_0, o1_0);
        o1_1 = vfma_avx512(p1_1, v1_1, o1_1);
        const vec_avx512 p1_2 = vset_avx512(p[2][key]);
        o2_0 = vfma_avx512(p1_2, v1_0, o2_0);
        o2_1 = vfma_avx512(p1_2, v1_1, o2_1);
        const vec_avx512 p1_3 = vset_avx512(p[3][key]);
        o3_0 = vfma_avx512(p1_3, v1_0, o3_0);
        o3_1 = vfma_avx512(p1_3, v1_1, o3_1);
    }
    vstore_avx512(&o[0][column + 0], o0_0);
    vstore_avx512(&o[0][column + 16], o0_1);
    vstore_avx512(&o[1][column + 0], o1_0);
    vstore_avx512(&o[1][column + 16], o1_1);
    vstore_avx512(&o[2][column + 0], o2_0);
    vstore_avx512(&o[2][column + 16], o2_1);
    vstore_avx512(&o[3][column + 0], o3_0);
    vstore_avx512(&o[3][column + 16], o3_1);
}

/*
** s = q k for the tile of keys from `tile` of the block on, 2 rows x 64 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_avx512 void decode_scores_few_rows_attention_avx512(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_avx512],
    float (*restrict s)[TILE_attention_avx512], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_avx512; key += 64) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_avx512 s0_0 = vzero_avx512();
        vec_avx512 s0_1 = vzero_avx512();
        vec_avx512 s0_2 = vzero_avx512();
        vec_avx512 s0_3 = vzero_avx512();
        vec_avx512 s1_0 = vzero_avx512();
        vec_avx512 s1_1 = vzero_avx512();
        vec_avx512 s1_2 = vzero_avx512();
        vec_avx512 s1_3 = vzero_avx512();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            ATTN_FETCH(next + 64);
            ATTN_FETCH(next + 128);
            ATTN_FETCH(next + 192);
            const vec_avx512 k1_0 = vload_f32_avx512(&block->k[panel + 0][d][lane + 0]);
            const vec_avx512 k1_1 = vload_f32_avx512(&block->k[panel + 1][d][lane + 0]);
            const vec_avx512 k1_2 = vload_f32_avx512(&block->k[panel + 2][d][lane + 0]);
            const vec_avx512 k1_3 = vload_f32_avx512(&block->k[panel + 3][d][lane + 0]);
            const vec_avx512 q1_0 = vset_avx512(q[0][d]);
            s0_0 = vfma_avx512(q1_0, k1_0, s0_0);
            s0_1 = vfma_avx512(q1_0, k1_1, s0_1);
            s0_2 = vfma_avx512(q1_0, k1_2, s0_2);
            s0_3 = vfma_avx512(q1_0, k1_3, s0_3);
            const vec_avx512 q1_1 = vset_avx512(q[1][d]);
            s1_0 = vfma_avx512(q1_1, k1_0, s1_0);
            s1_1 = vfma_avx512(q1_1, k1_1, s1_1);
            s1_2 = vfma_avx512(q1_1, k1_2, s1_2);
            s1_3 = vfma_avx512(q1_1, k1_3, s1_3);
        }
        vstore_avx512(&s[0][key + 0], s0_0);
        vstore_avx512(&s[0][key + 16], s0_1);
        vstore_avx512(&s[0][key + 32], s0_2);
        vstore_avx512(&s[0][key + 48], s0_3);
        vstore_avx512(&s[1][key + 0], s1_0);
        vstore_avx512(&s[1][key + 16], s1_1);
        vstore_avx512(&s[1][key + 32], s1_2);
        vstore_avx512(&s[1][key + 48], s1_3);
    }
}

/*
** o += p v over the tile's first `keys` keys, 2 rows x 32 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_avx512 void decode_values_few_rows_attention_avx512(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_avx512], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_avx512 o0_0 = vload_avx512(&o[0][column + 0]);
    vec_avx512 o0_1 = vload_avx512(&o[0][column + 16]);
    vec_avx512 o1_0 = vload_avx512(&o[1][column + 0]);
    vec_avx512 o1_1 = vload_avx512(&o[1][column + 16]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        ATTN_FETCH(next + 64);
        const vec_avx512 v1_0 = vload_f32_avx512(v + key * V_STRIP_attention + 0);
        const vec_avx512 v1_1 = vload_f32_avx512(v + key * V_STRIP_attention + 1024);
        const vec_avx512 p1_0 = vset_avx512(p[0][key]);
        o0_0 = vfma_avx512(p1_0, v1_0, o0_0);
        o0_1 = vfma_avx512(p1_0, v1_1, o0_1);
        const vec_avx512 p1_1 = vset_avx512(p[1][key]);
        o1_0 = vfma_avx512(p1_1, v1_0, o1_0);
        o1_1 = vfma_avx512(p1_1, v1_1, o1_1);
    }
    vstore_avx512(&o[0][column + 0], o0_0);
    vstore_avx512(&o[0][column + 16], o0_1);
    vstore_avx512(&o[1][column + 0], o1_0);
    vstore_avx512(&o[1][column + 16], o1_1);
}

/* s = q k of a tile for the heads of one query. */
KERNEL_avx512 void decode_scores_alone_attention_avx512(const struct block_attention *block, int tile, int rows, float (*restrict q)[DECODE_Q_attention_avx512],
    float (*restrict s)[TILE_attention_avx512])
{
    int done = 0;
    for (; done + 2 < rows; done += 3)
        decode_scores_attention_avx512(block, tile, q + done, s + done);
}

/* o += p v over the tile's first `keys` keys for the heads of one query. */
KERNEL_avx512 void decode_values_alone_attention_avx512(const struct block_attention *block, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_avx512], float (*restrict o)[V_ROW_attention])
{
    int done;
    for (int column = 0; column < 32; column += 16) {
        done = 0;
        for (; done + 2 < rows; done += 3)
            decode_values_attention_avx512(block, tile, keys, column, p + done, o + done);
    }
}

/* s = q k of a tile for rows of several queries; K of the block after it is fetched meanwhile. */
KERNEL_avx512 void decode_scores_together_attention_avx512(const struct block_attention *block, const struct block_attention *after, int tile, int rows, float (*restrict q)[DECODE_Q_attention_avx512],
    float (*restrict s)[TILE_attention_avx512])
{
    int done = 0;
    const int steps = (rows + 3) / 4 * 32, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->k + tile * 128;
    for (; done + 2 < rows; done += 4, next += 32 * step)
        decode_scores_rows_attention_avx512(block, tile, q + done, s + done, next, step);
    for (; done + 0 < rows; done += 2, next += 32 * step)
        decode_scores_few_rows_attention_avx512(block, tile, q + done, s + done, next, step);
}

/* o += p v over the tile's first `keys` keys for rows of several queries; V of the block after it is fetched meanwhile. */
KERNEL_avx512 void decode_values_together_attention_avx512(const struct block_attention *block, const struct block_attention *after, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_avx512], float (*restrict o)[V_ROW_attention])
{
    int done;
    const int steps = (rows + 3) / 4 * 64, step = (8192 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->v + tile * 128;
    for (int column = 0; column < 32; column += 32) {
        done = 0;
        for (; done + 2 < rows; done += 4, next += 64 * step)
            decode_values_rows_attention_avx512(block, tile, keys, column, p + done, o + done, next, step);
        for (; done + 0 < rows; done += 2, next += 64 * step)
            decode_values_few_rows_attention_avx512(block, tile, keys, column, p + done, o + done, next, step);
    }
}

enum {
    ROWS_attention_avx512      = 63,       /* rows at most: whole queries of a group's heads */
    ROWS_ROOM_attention_avx512 = 64        /* the same, in whole register tiles */
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial_attention_avx512 {
    float o[V_ROW_attention];
    float m, l;
};

/* One query of one head. */
struct decode_row_attention_avx512 {
    struct attn_view view;
    int64_t q_row;                         /* in q */
    int32_t place, head;                   /* on the key axis; of q */
    struct decode_partial_attention_avx512 *partial;      /* where its result goes */
};

struct decode_scratch_attention_avx512 {
    float q[ROWS_ROOM_attention_avx512][DECODE_Q_attention_avx512];         /* rotated, times SCALE */
    float m[ROWS_ROOM_attention_avx512], l[ROWS_ROOM_attention_avx512];
    float s[ROWS_ROOM_attention_avx512][TILE_attention_avx512];            /* scores of a tile, then weights p */
    float o[ROWS_ROOM_attention_avx512][V_ROW_attention];
    struct decode_row_attention_avx512 row[ROWS_attention_avx512];
    int rows, queries;
};

/* Hides what the query at `place` does not see. */
KERNEL_avx512 void decode_mask_attention_avx512(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE_attention_avx512; key += 16) {
        const mask_avx512 sees = sees_keys_attention_avx512(place, iramp_avx512(key0 + key), view);
        vstore_avx512(s + key, vselect_avx512(sees, vload_avx512(s + key), vset_avx512(ATTN_HIDDEN)));
    }
}

/*
** s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill.
*/
KERNEL_avx512 void decode_softmax_attention_avx512(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o)
{
    vec_avx512 top = vload_avx512(s);
    for (int key = 16; key < TILE_attention_avx512; key += 16)
        top = vmax_avx512(top, vload_avx512(s + key));
    const float tile_max = vlargest_avx512(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec_avx512 factor = vexp2_exact_avx512(vset_avx512(*m - tile_max));
        *l = vfirst_avx512(vmul_avx512(vset_avx512(*l), factor));
        for (int d = 0; d < V_ROW_attention; d += 16)
            vstore_avx512(o + d, vmul_avx512(vload_avx512(o + d), factor));
        *m = tile_max;
    }
    const vec_avx512 base = vset_avx512(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
    vec_avx512 sum0 = vzero_avx512();
    for (int key = 0; key < TILE_attention_avx512; key += PARTIALS_attention_avx512) {
        const vec_avx512 s0 = vload_avx512(s + key + 0);
        const mask_avx512 seen0 = vgreater_avx512(s0, vset_avx512(ATTN_HIDDEN));
        const vec_avx512 p0 = vselect_avx512(seen0, weight_attention_avx512(s0, base), vzero_avx512());
        vstore_avx512(s + key + 0, p0);
        sum0 = vadd_avx512(sum0, p0);
    }
    *l += vsum_avx512(sum0);
}

/* One tile of keys, from key0 on, `keys` of which there are. */
KERNEL_avx512 void decode_tile_attention_avx512(int32_t key0, int32_t keys, const struct block_attention *block, const struct block_attention *after, struct decode_scratch_attention_avx512 *t)
{
    const int tile = key0 % BLOCK_attention;
    if (t->queries == 1)
        decode_scores_alone_attention_avx512(block, tile, t->rows, t->q, t->s);
    else
        decode_scores_together_attention_avx512(block, after, tile, t->rows, t->q, t->s);
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_avx512 *row = &t->row[r];
        if (keys < TILE_attention_avx512 || sight_attention(row->place, row->place, key0, key0 + keys - 1, &row->view) != SEES_ALL)
            decode_mask_attention_avx512(t->s[r], key0, row->place, &row->view);
        decode_softmax_attention_avx512(t->s[r], &t->m[r], &t->l[r], t->o[r]);
    }
    if (t->queries == 1)
        decode_values_alone_attention_avx512(block, tile, keys, t->rows, t->s, t->o);
    else
        decode_values_together_attention_avx512(block, after, tile, keys, t->rows, t->s, t->o);
}

/* The keys that some row may see, within first .. last. */
static void decode_keys_attention_avx512(const struct decode_scratch_attention_avx512 *t, int32_t *first, int32_t *last)
{
    int32_t lowest = *last + 1, highest = -1;
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_avx512 *row = &t->row[r];
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
KERNEL_avx512 void decode_begin_attention_avx512(const struct attn_args *args, struct decode_scratch_attention_avx512 *t)
{
    for (int r = 0; r < t->rows; r++) {
        query_row_attention(args, t->row[r].q_row, t->row[r].head, t->q[r]);
        for (int d = D_K_attention; d < DECODE_Q_attention_avx512; d++)
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
KERNEL_avx512 void decode_walk_attention_avx512(const struct attn_args *args, const struct attn_sequence *sequence, int32_t kv_head,
    int32_t first, int32_t last, struct decode_scratch_attention_avx512 *t)
{
    decode_begin_attention_avx512(args, t);
    decode_keys_attention_avx512(t, &first, &last);
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_avx512, left = sequence->kv_len - key0;
        const int32_t next = key0 - key0 % BLOCK_attention + BLOCK_attention;
        const struct block_attention *after = tile_block_attention(sequence, kv_head, next < sequence->kv_len ? next : key0);
        const struct block_attention *block = tile_block_attention(sequence, kv_head, key0);
        decode_tile_attention_avx512(key0, left < TILE_attention_avx512 ? left : TILE_attention_avx512, block, after, t);
        first = key0 + TILE_attention_avx512;
    }
    for (int r = 0; r < t->rows; r++) {
        struct decode_partial_attention_avx512 *partial = t->row[r].partial;
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
struct decode_call_attention_avx512 {
    const struct attn_args *args;
    int all;                               /* or those that prefill does not take in blocks */
    struct decode_partial_attention_avx512 *partials;     /* for each sequence that takes part (q_len, heads, segments) */
};

/* Whether prefill takes a sequence by rows: few queries beside many keys, where a block would leave lanes empty. */
static int prefill_by_rows_attention_avx512(const struct attn_sequence *sequence)
{
    return sequence->q_len <= APPEND_attention_avx512 && sequence->q_len <= sequence->kv_len / APPEND_KEYS_attention_avx512;
}

static int decode_takes_attention_avx512(const struct decode_call_attention_avx512 *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return sequence->q_len > 0 && (call->all || prefill_by_rows_attention_avx512(sequence));
}

static int32_t decode_segments_attention_avx512(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT_attention_avx512 - 1) / SEGMENT_attention_avx512;
}

static size_t decode_partials_attention_avx512(const struct decode_call_attention_avx512 *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return decode_takes_attention_avx512(call, b) ? (size_t)sequence->q_len * HEADS_attention * (size_t)decode_segments_attention_avx512(sequence) : 0;
}

static size_t decode_bytes_attention_avx512(const struct decode_call_attention_avx512 *call)
{
    size_t partials = 0;
    for (int32_t b = 0; b < call->args->sequences; b++)
        partials += decode_partials_attention_avx512(call, b);
    return partials * sizeof(struct decode_partial_attention_avx512);
}

/* Where a task works: a sequence from one of its queries on, one KV head, one segment, and where the sequence's partials begin. */
struct decode_place_attention_avx512 {
    int32_t b, query, kv_head, segment;
    size_t partials;
};

/*
** Moves on to the next sequence that takes part; *own becomes the first segment of which it shares less than the whole
** with the one before.
*/
static int decode_next_attention_avx512(const struct decode_call_attention_avx512 *call, struct decode_place_attention_avx512 *place, int32_t *own)
{
    int32_t shared = place->b < 0 ? 0 : ATTN_MAX_KEYS;
    if (place->b >= 0)
        place->partials += decode_partials_attention_avx512(call, place->b);
    while (++place->b < call->args->sequences) {
        const struct attn_sequence *sequence = &call->args->sequence[place->b];
        if (sequence->q_len > 0 && sequence->shared < shared)
            shared = sequence->shared;
        if (decode_takes_attention_avx512(call, place->b)) {
            *own = shared / SEGMENT_attention_avx512;
            return 1;
        }
    }
    return 0;
}

/* The tasks of the sequence at `place`. */
static int64_t decode_tasks_at_attention_avx512(const struct decode_call_attention_avx512 *call, const struct decode_place_attention_avx512 *place, int pass, int32_t own)
{
    const int32_t segments = decode_segments_attention_avx512(&call->args->sequence[place->b]);
    return (pass == 0 ? (int64_t)(segments - own) : 1) * KV_HEADS_attention;
}

static int64_t decode_tasks_of_attention_avx512(const struct decode_call_attention_avx512 *call, int pass)
{
    struct decode_place_attention_avx512 place = { -1, 0, 0, 0, 0 };
    int64_t tasks = 0;
    int32_t own;
    while (decode_next_attention_avx512(call, &place, &own))
        tasks += decode_tasks_at_attention_avx512(call, &place, pass, own);
    return tasks;
}

static struct decode_place_attention_avx512 decode_place_find_attention_avx512(const struct decode_call_attention_avx512 *call, int pass, int64_t task)
{
    struct decode_place_attention_avx512 place = { -1, 0, 0, 0, 0 };
    int32_t own;
    while (decode_next_attention_avx512(call, &place, &own)) {
        const int64_t tasks = decode_tasks_at_attention_avx512(call, &place, pass, own);
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
static struct decode_partial_attention_avx512 *decode_partial_of_attention_avx512(const struct decode_call_attention_avx512 *call, const struct decode_place_attention_avx512 *place,
                                                    int32_t query, int32_t head)
{
    const int32_t segments = decode_segments_attention_avx512(&call->args->sequence[place->b]);
    return call->partials + place->partials + ((int64_t)query * HEADS_attention + head) * segments;
}

/* The query at `place` as rows, one of each head. */
static void decode_add_attention_avx512(const struct decode_call_attention_avx512 *call, const struct decode_place_attention_avx512 *place, struct decode_scratch_attention_avx512 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention;
    for (int32_t h = head0; h < end; h++) {
        struct decode_row_attention_avx512 *row = &t->row[t->rows++];
        row->view = attn_view_of(call->args, place->b, h);
        row->q_row = sequence->q_row + place->query;
        row->place = sequence->q_offset + place->query;
        row->head = h;
        row->partial = decode_partial_of_attention_avx512(call, place, place->query, h) + place->segment;
    }
    t->queries++;
}

/*
** Takes queries from `place` on, of all sequences that share its segment, until they are as many as walk together; false
** when none is left behind them.
*/
static int decode_gather_attention_avx512(const struct decode_call_attention_avx512 *call, struct decode_place_attention_avx512 *place, struct decode_scratch_attention_avx512 *t)
{
    t->rows = t->queries = 0;
    for (;;) {
        const int32_t queries = call->args->sequence[place->b].q_len;
        for (; place->query < queries; place->query++) {
            if (t->rows + GROUP_attention > ROWS_attention_avx512)
                return 1;
            decode_add_attention_avx512(call, place, t);
        }
        int32_t own;
        if (!decode_next_attention_avx512(call, place, &own) || own <= place->segment)
            return 0;
        place->query = 0;
    }
}

/* Pass 0: one segment, for the rows of all that share it, into their partials. */
KERNEL_avx512 void decode_run_segment_attention_avx512(const struct decode_call_attention_avx512 *call, struct decode_place_attention_avx512 *place, struct decode_scratch_attention_avx512 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t first = place->segment * SEGMENT_attention_avx512, left = sequence->kv_len - first;
    for (int more = 1; more;) {
        more = decode_gather_attention_avx512(call, place, t);
        decode_walk_attention_avx512(call->args, sequence, place->kv_head, first, first + (left < SEGMENT_attention_avx512 ? left : SEGMENT_attention_avx512) - 1, t);
    }
}

/* Pass 1: the segments of each query and head, merged from left to right. */
KERNEL_avx512 void decode_run_merge_attention_avx512(const struct decode_call_attention_avx512 *call, const struct decode_place_attention_avx512 *place, struct decode_scratch_attention_avx512 *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP_attention, end = head0 + GROUP_attention, segments = decode_segments_attention_avx512(sequence);
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial_attention_avx512 *part = decode_partial_of_attention_avx512(call, place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < segments; i++)
                merge_attention_avx512(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], t->o[0]);
            finish_attention_avx512(call->args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], t->o[0]);
        }
}

KERNEL_avx512 void decode_run_of_attention_avx512(const struct decode_call_attention_avx512 *call, int pass, int64_t task, void *scratch)
{
    struct decode_place_attention_avx512 place = decode_place_find_attention_avx512(call, pass, task);
    if (pass == 0)
        decode_run_segment_attention_avx512(call, &place, scratch);
    else
        decode_run_merge_attention_avx512(call, &place, scratch);
}

/* The phase decode: all sequences, whatever their queries. */
static struct decode_call_attention_avx512 decode_call_of_attention_avx512(const struct attn_args *args)
{
    const struct decode_call_attention_avx512 call = { args, 1, args->workspace };
    return call;
}

static int64_t decode_tasks_attention_avx512(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_avx512 call = decode_call_of_attention_avx512(args);
    return decode_tasks_of_attention_avx512(&call, pass);
}

static size_t decode_workspace_bytes_attention_avx512(const struct attn_args *args)
{
    const struct decode_call_attention_avx512 call = decode_call_of_attention_avx512(args);
    return decode_bytes_attention_avx512(&call);
}

static void decode_run_attention_avx512(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_avx512 call = decode_call_of_attention_avx512(args);
    decode_run_of_attention_avx512(&call, pass, task, scratch);
}

/*
** o += p v over `keys` keys, for 8 queries x 32 columns from `column` on: one FMA chain over
** the keys for each, from 0 in a segment's first tile. v and p start at the first key, p and o at the first query, v at
** the first column. Where there are results, o goes there, done.
*/
OP_avx512 void prefill_values_attention_avx512(const float *restrict v, const float *restrict p, int32_t keys, int first,
    float (*restrict o)[V_ROW_attention], int column, const struct prefill_results_attention_avx512 *results, int32_t query)
{
    vec_avx512 o0_0 = vzero_avx512();
    vec_avx512 o0_1 = vzero_avx512();
    vec_avx512 o1_0 = vzero_avx512();
    vec_avx512 o1_1 = vzero_avx512();
    vec_avx512 o2_0 = vzero_avx512();
    vec_avx512 o2_1 = vzero_avx512();
    vec_avx512 o3_0 = vzero_avx512();
    vec_avx512 o3_1 = vzero_avx512();
    vec_avx512 o4_0 = vzero_avx512();
    vec_avx512 o4_1 = vzero_avx512();
    vec_avx512 o5_0 = vzero_avx512();
    vec_avx512 o5_1 = vzero_avx512();
    vec_avx512 o6_0 = vzero_avx512();
    vec_avx512 o6_1 = vzero_avx512();
    vec_avx512 o7_0 = vzero_avx512();
    vec_avx512 o7_1 = vzero_avx512();
    if (!first) {
        o0_0 = vload_avx512(&o[0][column + 0]);
        o0_1 = vload_avx512(&o[0][column + 16]);
        o1_0 = vload_avx512(&o[1][column + 0]);
        o1_1 = vload_avx512(&o[1][column + 16]);
        o2_0 = vload_avx512(&o[2][column + 0]);
        o2_1 = vload_avx512(&o[2][column + 16]);
        o3_0 = vload_avx512(&o[3][column + 0]);
        o3_1 = vload_avx512(&o[3][column + 16]);
        o4_0 = vload_avx512(&o[4][column + 0]);
        o4_1 = vload_avx512(&o[4][column + 16]);
        o5_0 = vload_avx512(&o[5][column + 0]);
        o5_1 = vload_avx512(&o[5][column + 16]);
        o6_0 = vload_avx512(&o[6][column + 0]);
        o6_1 = vload_avx512(&o[6][column + 16]);
        o7_0 = vload_avx512(&o[7][column + 0]);
        o7_1 = vload_avx512(&o[7][column + 16]);
    }
    for (; keys > 0; keys--, v += 16, p += QUERIES_attention_avx512) {
        const vec_avx512 v0 = vload_avx512(v + 0);
        const vec_avx512 v1 = vload_avx512(v + 1024);
        const vec_avx512 p0 = vset_avx512(p[0]);
        o0_0 = vfma_avx512(p0, v0, o0_0);
        o0_1 = vfma_avx512(p0, v1, o0_1);
        const vec_avx512 p1 = vset_avx512(p[1]);
        o1_0 = vfma_avx512(p1, v0, o1_0);
        o1_1 = vfma_avx512(p1, v1, o1_1);
        const vec_avx512 p2 = vset_avx512(p[2]);
        o2_0 = vfma_avx512(p2, v0, o2_0);
        o2_1 = vfma_avx512(p2, v1, o2_1);
        const vec_avx512 p3 = vset_avx512(p[3]);
        o3_0 = vfma_avx512(p3, v0, o3_0);
        o3_1 = vfma_avx512(p3, v1, o3_1);
        const vec_avx512 p4 = vset_avx512(p[4]);
        o4_0 = vfma_avx512(p4, v0, o4_0);
        o4_1 = vfma_avx512(p4, v1, o4_1);
        const vec_avx512 p5 = vset_avx512(p[5]);
        o5_0 = vfma_avx512(p5, v0, o5_0);
        o5_1 = vfma_avx512(p5, v1, o5_1);
        const vec_avx512 p6 = vset_avx512(p[6]);
        o6_0 = vfma_avx512(p6, v0, o6_0);
        o6_1 = vfma_avx512(p6, v1, o6_1);
        const vec_avx512 p7 = vset_avx512(p[7]);
        o7_0 = vfma_avx512(p7, v0, o7_0);
        o7_1 = vfma_avx512(p7, v1, o7_1);
    }
    if (results == NULL) {
        vstore_avx512(&o[0][column + 0], o0_0);
        vstore_avx512(&o[0][column + 16], o0_1);
        vstore_avx512(&o[1][column + 0], o1_0);
        vstore_avx512(&o[1][column + 16], o1_1);
        vstore_avx512(&o[2][column + 0], o2_0);
        vstore_avx512(&o[2][column + 16], o2_1);
        vstore_avx512(&o[3][column + 0], o3_0);
        vstore_avx512(&o[3][column + 16], o3_1);
        vstore_avx512(&o[4][column + 0], o4_0);
        vstore_avx512(&o[4][column + 16], o4_1);
        vstore_avx512(&o[5][column + 0], o5_0);
        vstore_avx512(&o[5][column + 16], o5_1);
        vstore_avx512(&o[6][column + 0], o6_0);
        vstore_avx512(&o[6][column + 16], o6_1);
        vstore_avx512(&o[7][column + 0], o7_0);
        vstore_avx512(&o[7][column + 16], o7_1);
    } else {
        float *row = results->o + query * results->apart;
        finish_columns_attention_avx512(row, column + 0, o0_0, results->factor[query + 0]);
        finish_columns_attention_avx512(row, column + 16, o0_1, results->factor[query + 0]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o1_0, results->factor[query + 1]);
        finish_columns_attention_avx512(row, column + 16, o1_1, results->factor[query + 1]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o2_0, results->factor[query + 2]);
        finish_columns_attention_avx512(row, column + 16, o2_1, results->factor[query + 2]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o3_0, results->factor[query + 3]);
        finish_columns_attention_avx512(row, column + 16, o3_1, results->factor[query + 3]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o4_0, results->factor[query + 4]);
        finish_columns_attention_avx512(row, column + 16, o4_1, results->factor[query + 4]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o5_0, results->factor[query + 5]);
        finish_columns_attention_avx512(row, column + 16, o5_1, results->factor[query + 5]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o6_0, results->factor[query + 6]);
        finish_columns_attention_avx512(row, column + 16, o6_1, results->factor[query + 6]);
        row += results->apart;
        finish_columns_attention_avx512(row, column + 0, o7_0, results->factor[query + 7]);
        finish_columns_attention_avx512(row, column + 16, o7_1, results->factor[query + 7]);
    }
}

/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile_attention_avx512 {
    float (*s)[QUERIES_attention_avx512];       /* scores, or weights once weighed */
    struct prefill_seen_attention_avx512 *seen;
    const float *v;
    int32_t key0, keys;          /* no keys: no tile */
    int sight, weighed;
    int first;                   /* of its segment: o is still 0 */
};

/*
** o += p v for the queries start .. end - 1, whole register tiles of them, into the state or, where there are any, the results.
** A tile with hidden scores skips what is hidden from all queries of a register tile.
*/
KERNEL_avx512 void prefill_accumulate_attention_avx512(const struct prefill_block_attention_avx512 *block, const struct prefill_tile_attention_avx512 *tile,
    int32_t start, int32_t end, const struct prefill_results_attention_avx512 *results, struct prefill_scratch_attention_avx512 *t)
{
    for (int column = 0; column < 32; column += 32)
        for (int32_t query = start; query < end; query += 8) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
            const int32_t left = end - query, queries = left < 8 ? left : 8;
            if (tile->sight != SEES_ALL)
                visible_keys_attention(block->first + query, block->first + query + queries - 1,
                               &block->view, &first, &last);
            const int32_t from = first <= last ? first - tile->key0 : 0;
            const int32_t keys = first <= last ? last + 1 - tile->key0 - from : 0;
            if (keys > 0 || tile->first || results != NULL)
                prefill_values_attention_avx512(tile->v + column / 16 * 1024 + column % 16 + from * 16, &tile->s[from][query], keys,
                               tile->first, &t->state->o[query], column, results, query);
        }
}

/* Weights of a tile that are still to come, and l. */
KERNEL_avx512 void prefill_weigh_attention_avx512(const struct prefill_block_attention_avx512 *block, const struct prefill_tile_attention_avx512 *tile,
    struct prefill_scratch_attention_avx512 *t)
{
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all_attention_avx512(t, tile->s);
    else if (!tile->weighed)
        prefill_weights_some_attention_avx512(t, block->queries, tile->seen, tile->s);
    prefill_sum_attention_avx512(t, block->queries);
}

/* What is still to come of a tile: weights, l and o. */
KERNEL_avx512 void prefill_settle_attention_avx512(const struct prefill_block_attention_avx512 *block, const struct prefill_tile_attention_avx512 *tile,
    struct prefill_scratch_attention_avx512 *t)
{
    if (tile->keys == 0)
        return;
    prefill_weigh_attention_avx512(block, tile, t);
    prefill_accumulate_attention_avx512(block, tile, 0, block->queries, NULL, t);
}

/* Results of the queries start .. end - 1 from the total. */
KERNEL_avx512 void prefill_finish_attention_avx512(const struct attn_args *args, const struct prefill_block_attention_avx512 *block, int32_t start, int32_t end,
    const struct prefill_scratch_attention_avx512 *t)
{
    for (int32_t i = start; i < end; i++)
        finish_attention_avx512(args, block->sequence, block->row + i, block->head, t->total.m[i], t->total.l[i], t->total.o[i]);
}

/*
** Asks for the queries of a head in the rows row .. end - 1, and for where their results go. Inside of its caller: GCC drops
** the call of a function that does nothing but ask.
*/
OP_avx512 void prefill_fetch_attention_avx512(const struct attn_args *args, int32_t head, int64_t row, int64_t end)
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
** The same for the last tile of an only segment, and the results: of 8 queries at a time, so that the memory which
** they go to is waited for while o of the next ones is made. Where fewer queries than that are
** left, o goes through the state. As many rows of the next block are asked for each time.
*/
KERNEL_avx512 void prefill_conclude_attention_avx512(const struct attn_args *args, const struct prefill_block_attention_avx512 *block,
    const struct prefill_tile_attention_avx512 *tile, struct prefill_scratch_attention_avx512 *t)
{
    const struct prefill_state_attention_avx512 *total = &t->total;
    const int64_t next = block->row + QUERIES_attention_avx512, end = block->sequence->q_row + block->sequence->q_len;
    int32_t query = 0;
    if (tile->keys > 0) {
        struct prefill_results_attention_avx512 *results = &t->results;
        results->o = (float *)args->o + block->row * args->o_stride + block->head * args->o_head_stride;
        results->apart = args->o_stride;
        prefill_weigh_attention_avx512(block, tile, t);
        for (; query + 8 <= block->queries; query += 8) {
            prefill_fetch_attention_avx512(args, block->head, next + query, next + query + 8 < end ? next + query + 8 : end);
            for (int32_t i = query; i < query + 8; i++)
                results->factor[i] = finish_factor_attention_avx512(args, block->row + i, block->head, total->m[i], total->l[i]);
            prefill_accumulate_attention_avx512(block, tile, query, query + 8, results, t);
            for (int32_t i = query; i < query + 8; i++)
                if (total->l[i] == 0.0f)
                    finish_hidden_attention_avx512(block->sequence, block->head, results->o + i * results->apart);
        }
        prefill_accumulate_attention_avx512(block, tile, query, block->queries, NULL, t);
    }
    prefill_finish_attention_avx512(args, block, query, block->queries, t);
}

/* What the block's queries see of a tile; SOME also when it has fewer keys or queries than it could. */
static int prefill_sight_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0, int32_t keys)
{
    if (keys < TILE_attention_avx512 || block->queries < QUERIES_attention_avx512)
        return SEES_SOME;
    return sight_attention(block->first, block->first + QUERIES_attention_avx512 - 1, key0, key0 + TILE_attention_avx512 - 1, &block->view);
}

/*
** Scores of the tile at key0, after which the tile before it is settled and the new one takes
** its place.
*/
KERNEL_avx512 void prefill_advance_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t key0,
    struct prefill_tile_attention_avx512 *before, struct prefill_scratch_attention_avx512 *t)
{
    const int32_t left = block->view.kv_len - key0, keys = left < TILE_attention_avx512 ? left : TILE_attention_avx512;
    const int sight = prefill_sight_attention_avx512(block, key0, keys);
    if (sight == SEES_NONE)
        return;
    const struct block_attention *stored = tile_block_attention(block->sequence, kv_of_attention(block->head), key0);
    const float *k = &stored->k[key0 % BLOCK_attention / PANEL_attention][0][key0 % PANEL_attention];
    const float *v = stored->v[0][key0 % BLOCK_attention];
    const int32_t key1 = key0 + TILE_attention_avx512 < block->view.kv_len ? key0 + TILE_attention_avx512 : key0;
    const struct block_attention *behind = tile_block_attention(block->sequence, kv_of_attention(block->head), key1);
    const char *next_k = (const char *)behind->k + key1 % BLOCK_attention * 128;
    const char *next_v = (const char *)behind->v + key1 % BLOCK_attention * 128;
    const int slot = before->s == t->s[0];
    float (*s)[QUERIES_attention_avx512] = t->s[slot];
    struct prefill_seen_attention_avx512 *seen = &t->seen[slot];
    before->weighed = sight == SEES_ALL && before->keys > 0 && before->sight == SEES_ALL;
    if (before->weighed)
        prefill_scores_weights_attention_avx512(block, key0, k, t, s, before->s, (const char *)before->v, next_k, next_v);
    else if (sight == SEES_ALL)
        prefill_scores_all_attention_avx512(block, key0, k, t, s);
    else
        prefill_scores_some_attention_avx512(block, key0, keys, k, t, seen, s);
    prefill_settle_attention_avx512(block, before, t);
    if (prefill_maximum_attention_avx512(t, block->queries) && before->v != NULL)       /* o of a segment's first tile is 0 */
        prefill_rescale_attention_avx512(t, block->queries);
    *before = (struct prefill_tile_attention_avx512){ s, seen, v, key0, keys, sight, 0, before->v == NULL };
}

/* Keys first .. last, all of one segment, from an empty state; gives the last tile, which is not settled yet. */
KERNEL_avx512 struct prefill_tile_attention_avx512 prefill_segment_attention_avx512(const struct prefill_block_attention_avx512 *block, int32_t first, int32_t last,
    struct prefill_state_attention_avx512 *state, struct prefill_scratch_attention_avx512 *t)
{
    t->state = state;
    for (int i = 0; i < QUERIES_attention_avx512; i++) {
        state->m[i] = ATTN_HIDDEN;
        state->l[i] = 0.0f;
    }
    struct prefill_tile_attention_avx512 tile = { t->s[0], t->seen, NULL, 0, 0, SEES_NONE, 0, 0 };
    while (first <= last) {
        const int32_t key0 = first - first % TILE_attention_avx512;
        prefill_advance_attention_avx512(block, key0, &tile, t);
        first = key0 + TILE_attention_avx512;
    }
    return tile;
}

/* Blocks of queries of one head. */
static int64_t prefill_blocks_attention_avx512(const struct attn_sequence *sequence)
{
    return prefill_by_rows_attention_avx512(sequence) ? 0 : (sequence->q_len + QUERIES_attention_avx512 - 1) / QUERIES_attention_avx512;
}

/* The block that a task is: tasks count sequences, then heads, then blocks of queries. */
static struct prefill_block_attention_avx512 prefill_block_find_attention_avx512(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t blocks = 0;
    for (;; b++) {
        blocks = prefill_blocks_attention_avx512(&args->sequence[b]);
        if (task < blocks * HEADS_attention)
            break;
        task -= blocks * HEADS_attention;
    }
    const struct attn_sequence *sequence = &args->sequence[b];
    const int32_t index = (int32_t)(task % blocks) * QUERIES_attention_avx512, left = sequence->q_len - index;
    const int32_t head = (int32_t)(task / blocks);
    const struct prefill_block_attention_avx512 block = {
        sequence, sequence->q_row + index,
        left < QUERIES_attention_avx512 ? left : QUERIES_attention_avx512, sequence->q_offset + index,
        head, attn_view_of(args, b, head)
    };
    return block;
}

/* All segments, and the results. The first one is the total of those so far, and each later one is merged into it. */
KERNEL_avx512 void prefill_segments_attention_avx512(const struct attn_args *args, const struct prefill_block_attention_avx512 *block, struct prefill_scratch_attention_avx512 *t)
{
    int32_t first = 0, last = block->view.kv_len - 1;
    struct prefill_state_attention_avx512 *total = &t->total, *state = total;
    for (int32_t i = 0; i < block->queries; i++)
        total->l[i] = 0.0f;
    visible_keys_attention(block->first, block->first + block->queries - 1, &block->view, &first, &last);
    while (first <= last) {
        const int32_t segment_last = first - first % SEGMENT_attention_avx512 + SEGMENT_attention_avx512 - 1;
        const struct prefill_tile_attention_avx512 tile = prefill_segment_attention_avx512(block, first, segment_last < last ? segment_last : last, state, t);
        if (state == total && segment_last >= last) {
            prefill_conclude_attention_avx512(args, block, &tile, t);
            return;
        }
        prefill_settle_attention_avx512(block, &tile, t);
        if (state != total)
            for (int32_t i = 0; i < block->queries; i++)
                merge_attention_avx512(state->m[i], state->l[i], state->o[i], &total->m[i], &total->l[i], total->o[i]);
        state = &t->segment;
        first = segment_last + 1;
    }
    prefill_finish_attention_avx512(args, block, 0, block->queries, t);
}

KERNEL_avx512 void prefill_run_block_attention_avx512(const struct attn_args *args, int64_t task, struct prefill_scratch_attention_avx512 *t)
{
    const struct prefill_block_attention_avx512 block = prefill_block_find_attention_avx512(args, task);
    prefill_queries_attention_avx512(args, &block, t);
    prefill_segments_attention_avx512(args, &block, t);
}

/* Bytes of the workspace before the partials of what goes by rows. */
static size_t prefill_bounds_bytes_attention_avx512(const struct attn_args *args)
{
    (void)args;
    return 0;
}

/* What goes by rows. */
static struct decode_call_attention_avx512 prefill_call_attention_avx512(const struct attn_args *args)
{
    struct decode_call_attention_avx512 call = { args, 0, NULL };
    if (args->workspace != NULL)
        call.partials = (void *)((char *)args->workspace + prefill_bounds_bytes_attention_avx512(args));
    return call;
}

static size_t prefill_workspace_bytes_attention_avx512(const struct attn_args *args)
{
    const struct decode_call_attention_avx512 call = prefill_call_attention_avx512(args);
    return prefill_bounds_bytes_attention_avx512(args) + decode_bytes_attention_avx512(&call);
}

static int64_t prefill_block_tasks_attention_avx512(const struct attn_args *args)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += prefill_blocks_attention_avx512(&args->sequence[b]) * HEADS_attention;
    return tasks;
}

/* Pass 0 has blocks of queries and rows, pass 1 what merges rows. */
static int64_t prefill_tasks_attention_avx512(const struct attn_args *args, int pass)
{
    const struct decode_call_attention_avx512 call = prefill_call_attention_avx512(args);
    return decode_tasks_of_attention_avx512(&call, pass - 0) + (pass == 0 ? prefill_block_tasks_attention_avx512(args) : 0);
}

KERNEL_avx512 void prefill_run_attention_avx512(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call_attention_avx512 call = prefill_call_attention_avx512(args);
    const int64_t blocks = pass == 0 ? prefill_block_tasks_attention_avx512(args) : 0;
    if (task < blocks)
        prefill_run_block_attention_avx512(args, task, scratch);
    else
        decode_run_of_attention_avx512(&call, pass - 0, task - blocks, scratch);
}

union prefill_room_attention_avx512 {
    struct prefill_scratch_attention_avx512 block;
    struct decode_scratch_attention_avx512 rows;
};

static const struct attn_attention attention_attention_avx512 = {
    "attention", "softmax heads=6 kv_heads=2 d_k=32 d_v=32 scale=0.17677669529663687 mask=\"k <= q\" position=rope rope.base=10000 rope.dims=32 rope.pairing=half cache=f32", "avx512", "f32",
    HEADS_attention, KV_HEADS_attention, D_K_attention, D_V_attention, 32,
    0, NULL,
    0, NULL,
    0, -1, cache_bytes_attention, rotation_attention,
    {
        "rows into blocks of 64 keys, K by 16 keys, V by 16 columns",
        1, D_K_attention * sizeof(float), write_workspace_bytes_attention, write_tasks_attention, write_run_attention
    },
    {
        "online softmax, scores lanes=queries 4 keys x 64 queries, o lanes=d_v 8 queries x 32, tile 64 queries x 64 keys, segment 1024, 21 of 32 registers, 48 KiB",
        2, sizeof(union prefill_room_attention_avx512),
        prefill_workspace_bytes_attention_avx512, prefill_tasks_attention_avx512, prefill_run_attention_avx512
    },
    {
        "split keys, scores lanes=keys 3 heads x 16 keys, o lanes=d_v, tile 3 heads x 64 keys, segment 1024, 5 of 32 registers, 17 KiB",
        2, sizeof(struct decode_scratch_attention_avx512),
        decode_workspace_bytes_attention_avx512, decode_tasks_attention_avx512, decode_run_attention_avx512
    },
    { NULL, 0, 0, NULL, NULL, NULL },
    read_attention, store_attention, NULL, NULL,
    merge_results_attention_avx512
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

const struct attn_attention *mine_attention(void)
{
#if defined(__x86_64__)
    if (cpu_has_avx512())
        return &attention_attention_avx512;
#endif
#if defined(__x86_64__)
    if (cpu_has_avx2())
        return &attention_attention_avx2;
#endif
    return &attention_attention_scalar;
}

void mine_attention_write(const struct attn_args *args, void *scratch)
{
    attn_run_all(&mine_attention()->write, args, scratch);
}

void mine_attention_prefill(const struct attn_args *args, void *scratch)
{
    attn_run_all(&mine_attention()->prefill, args, scratch);
}

void mine_attention_decode(const struct attn_args *args, void *scratch)
{
    attn_run_all(&mine_attention()->decode, args, scratch);
}

static const struct attn_attention *(*const resolvers[])(void) = {
    mine_attention,
};

/* (attentions, targets); NULL where this machine cannot have the target, or the target is for other attentions. */
static const struct attn_attention *const all[] = {
    &attention_attention_scalar,
#if defined(__x86_64__)
    &attention_attention_avx2,
#else
    NULL,
#endif
#if defined(__x86_64__)
    &attention_attention_avx512,
#else
    NULL,
#endif
};

static int supported_scalar(void)
{
    return 1;
}

static int supported_avx2(void)
{
#if defined(__x86_64__)
    return cpu_has_avx2();
#else
    return 0;
#endif
}

static int supported_avx512(void)
{
#if defined(__x86_64__)
    return cpu_has_avx512();
#else
    return 0;
#endif
}

static int (*const supported[])(void) = {
    supported_scalar,
    supported_avx2,
    supported_avx512,
};

const struct attn_model_kernels mine_kernels = {
    ATTN_CONTRACT, "mine", 1, resolvers, 3, all, supported, 0, NULL
};
