/*
** plain.c: attention kernels of the model plain.
** Made by attngen 0.1 from plain.lua; do not edit.
**
**   attention
**     softmax heads=2 kv_heads=2 d_k=16 d_v=16 scale=0.25 mask="true" position=none cache=f32
**
**   attention on scalar
**     prefill  online softmax, scores lanes=queries 4 keys x 3 queries, o lanes=d_v 6 queries x 2, tile 12 queries x 64 keys, segment 1024, 16 of 16 registers, 12 KiB
**     decode   split keys, scores lanes=keys 1 heads x 8 keys, o lanes=d_v, tile 1 heads x 64 keys, segment 1024, 10 of 16 registers, 8 KiB
**     append   split keys, at most 32 queries, scores lanes=keys 4 rows x 2 keys, o lanes=d_v 4 rows x 2, 11 of 16 registers
**
**   targets scalar
**   digest  4d1b08a66d97c7d6   (of all that follows this comment)
**
** The numbers of a query do not depend on the phase, on how a prompt was cut into chunks, on its
** neighbours or on the number of threads: a score is one FMA chain over d, a tile's
** weights are summed by one fixed tree, o is one FMA chain over the keys of a
** segment, segments start at fixed places and merge from left to right.
*/
#include "plain.h"

/* Results must not change with the user's flags: no fused operation that is not written here. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile plain.c without -ffast-math and -ffinite-math-only: online softmax needs infinities"
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

static float f32_store(float x)      { return x; }
static float f32_value(float stored) { return stored; }

/*
** Definition attention: what all targets share.
** softmax heads=2 kv_heads=2 d_k=16 d_v=16 scale=0.25 mask="true" position=none cache=f32
*/
enum {
    HEADS_attention    = 2,
    KV_HEADS_attention = 2,
    GROUP_attention    = 1,      /* query heads that share a KV head: head h reads KV head h / GROUP */
    D_K_attention      = 16,
    D_V_attention      = 16,
    V_ROW_attention    = 16       /* values of a cached row of V: D_V, padded to whole vectors */
};

/* The KV head that a query head reads. */
static int32_t kv_of_attention(int32_t head)
{
    return head / GROUP_attention;
}

/* What the queries q_first .. q_last see of the keys k_first .. k_last: "true". */
static int sight_attention(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last,
                   const struct attn_view *view)
{
    (void)view;
    (void)q_first;
    (void)q_last;
    (void)k_first;
    (void)k_last;
    return 2;
}

/* Narrows keys *first .. *last to those that one of the queries q_first .. q_last may see. */
static void visible_keys_attention(int32_t q_first, int32_t q_last, const struct attn_view *view,
                           int32_t *k_first, int32_t *k_last)
{
    (void)view;
    (void)q_first;
    (void)q_last;
    (void)k_first;
    (void)k_last;
}

/* One query, times the scale of q k and 1 / ln 2, since weights are powers of two. */
static void query_row_attention(const struct attn_args *args, int64_t row, int32_t head, float *restrict q)
{
    const float *from = (const float *)args->q + row * args->q_stride + head * args->q_head_stride;
    for (int d = 0; d < D_K_attention; d++)
        q[d] = from[d] * 0.36067376f;
}

enum {
    PANEL_attention    = 16,      /* keys whose K is interleaved */
    V_STRIP_attention  = 16,      /* columns of V that lie together, key after key */
    BLOCK_attention    = 64       /* keys of a block: whole tiles */
};

/* Keys of one KV head that lie together: K as panels of interleaved keys, then V as strips of columns, each followed by what scales it. */
struct block_attention {
    float k[BLOCK_attention / PANEL_attention][16][PANEL_attention];
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

/* Tasks count sequences, then KV heads. */
static void write_run_attention(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct attn_sequence *sequence = &args->sequence[task / KV_HEADS_attention];
    const int32_t kv_head = (int32_t)(task % KV_HEADS_attention), start = sequence->kv_len - sequence->k_len;
    (void)pass;
    (void)scratch;
    for (int32_t i = 0; i < sequence->k_len; i++) {
        const int64_t row = sequence->k_row + i;
        struct block_attention *piece = cache_piece_attention(sequence, kv_head, (start + i) / BLOCK_attention);
        store_key_attention(piece, start + i, (const float *)args->k + row * args->k_stride + kv_head * args->k_head_stride);
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
    (void)q;
    if (k >= kv_len)
        return mset_scalar(0);
    return mset_scalar(1);
}

/* Which of the keys k query q sees. */
OP_scalar mask_scalar sees_keys_attention_scalar(int32_t q, ivec_scalar k, const struct attn_view *view)
{
    const int32_t kv_len = view->kv_len;
    (void)q;
    return mand_scalar(ilt_scalar(k, iset_scalar(kv_len)), mset_scalar(1));
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
    FAR_KEYS_attention_scalar = 65536,   /* from so many keys on a head's K and V, 8 MiB, come from memory */
    APPEND_attention_scalar  = 32,      /* most queries of a sequence that goes by rows, as in decode */
    APPEND_KEYS_attention_scalar = 8,    /* and its keys for each of them, at least */
    Q_ROW_attention_scalar   = 16       /* D_K, padded to whole vectors */
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
    for (int d = 0; d < 16; d += 1) {
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
    for (int d = 0; d < 16; d += 1) {
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
    for (int d = 0; d < 16; d += 1) {
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
    for (int d = 0; d < 16; d += 1) {
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
            for (int line = 0; line < 4; line++)
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
    DECODE_Q_attention_scalar = 16      /* floats of a query: D_K, and what a last byte of K holds besides */
};

/*
** s = q k for the tile of keys from `tile` of the block on, 1 rows x 8 keys at once: one FMA chain
** over d for each.
** Meanwhile a part of the next block's K is fetched.
*/
KERNEL_scalar void decode_scores_attention_scalar(const struct block_attention *block, int tile, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar], const char *next, int step)
{
    for (int key = 0; key < TILE_attention_scalar; key += 8) {
        const int panel = (tile + key) / PANEL_attention, lane = (tile + key) % PANEL_attention;
        vec_scalar s0_0 = vzero_scalar();
        vec_scalar s0_1 = vzero_scalar();
        vec_scalar s0_2 = vzero_scalar();
        vec_scalar s0_3 = vzero_scalar();
        vec_scalar s0_4 = vzero_scalar();
        vec_scalar s0_5 = vzero_scalar();
        vec_scalar s0_6 = vzero_scalar();
        vec_scalar s0_7 = vzero_scalar();
        for (int d = 0; d < D_K_attention; d += 1, next += step) {
            ATTN_FETCH(next + 0);
            const vec_scalar k1_0 = vload_f32_scalar(&block->k[panel + 0][d][lane + 0]);
            const vec_scalar k1_1 = vload_f32_scalar(&block->k[panel + 0][d][lane + 1]);
            const vec_scalar k1_2 = vload_f32_scalar(&block->k[panel + 0][d][lane + 2]);
            const vec_scalar k1_3 = vload_f32_scalar(&block->k[panel + 0][d][lane + 3]);
            const vec_scalar k1_4 = vload_f32_scalar(&block->k[panel + 0][d][lane + 4]);
            const vec_scalar k1_5 = vload_f32_scalar(&block->k[panel + 0][d][lane + 5]);
            const vec_scalar k1_6 = vload_f32_scalar(&block->k[panel + 0][d][lane + 6]);
            const vec_scalar k1_7 = vload_f32_scalar(&block->k[panel + 0][d][lane + 7]);
            const vec_scalar q1_0 = vset_scalar(q[0][d]);
            s0_0 = vfma_scalar(q1_0, k1_0, s0_0);
            s0_1 = vfma_scalar(q1_0, k1_1, s0_1);
            s0_2 = vfma_scalar(q1_0, k1_2, s0_2);
            s0_3 = vfma_scalar(q1_0, k1_3, s0_3);
            s0_4 = vfma_scalar(q1_0, k1_4, s0_4);
            s0_5 = vfma_scalar(q1_0, k1_5, s0_5);
            s0_6 = vfma_scalar(q1_0, k1_6, s0_6);
            s0_7 = vfma_scalar(q1_0, k1_7, s0_7);
        }
        vstore_scalar(&s[0][key + 0], s0_0);
        vstore_scalar(&s[0][key + 1], s0_1);
        vstore_scalar(&s[0][key + 2], s0_2);
        vstore_scalar(&s[0][key + 3], s0_3);
        vstore_scalar(&s[0][key + 4], s0_4);
        vstore_scalar(&s[0][key + 5], s0_5);
        vstore_scalar(&s[0][key + 6], s0_6);
        vstore_scalar(&s[0][key + 7], s0_7);
    }
}

/*
** o += p v over the tile's first `keys` keys, 1 rows x 8 columns: one FMA chain over the
** keys for each.
** Meanwhile a part of the next block's V is fetched.
*/
KERNEL_scalar void decode_values_attention_scalar(const struct block_attention *block, int tile, int32_t keys, int column,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention], const char *next, int step)
{
    vec_scalar o0_0 = vload_scalar(&o[0][column + 0]);
    vec_scalar o0_1 = vload_scalar(&o[0][column + 1]);
    vec_scalar o0_2 = vload_scalar(&o[0][column + 2]);
    vec_scalar o0_3 = vload_scalar(&o[0][column + 3]);
    vec_scalar o0_4 = vload_scalar(&o[0][column + 4]);
    vec_scalar o0_5 = vload_scalar(&o[0][column + 5]);
    vec_scalar o0_6 = vload_scalar(&o[0][column + 6]);
    vec_scalar o0_7 = vload_scalar(&o[0][column + 7]);
    const float *v = &block->v[column / V_STRIP_attention][tile][column % V_STRIP_attention];
    for (int32_t key = 0; key < keys; key += 1, next += step) {
        ATTN_FETCH(next + 0);
        const vec_scalar v1_0 = vload_f32_scalar(v + key * V_STRIP_attention + 0);
        const vec_scalar v1_1 = vload_f32_scalar(v + key * V_STRIP_attention + 1);
        const vec_scalar v1_2 = vload_f32_scalar(v + key * V_STRIP_attention + 2);
        const vec_scalar v1_3 = vload_f32_scalar(v + key * V_STRIP_attention + 3);
        const vec_scalar v1_4 = vload_f32_scalar(v + key * V_STRIP_attention + 4);
        const vec_scalar v1_5 = vload_f32_scalar(v + key * V_STRIP_attention + 5);
        const vec_scalar v1_6 = vload_f32_scalar(v + key * V_STRIP_attention + 6);
        const vec_scalar v1_7 = vload_f32_scalar(v + key * V_STRIP_attention + 7);
        const vec_scalar p1_0 = vset_scalar(p[0][key]);
        o0_0 = vfma_scalar(p1_0, v1_0, o0_0);
        o0_1 = vfma_scalar(p1_0, v1_1, o0_1);
        o0_2 = vfma_scalar(p1_0, v1_2, o0_2);
        o0_3 = vfma_scalar(p1_0, v1_3, o0_3);
        o0_4 = vfma_scalar(p1_0, v1_4, o0_4);
        o0_5 = vfma_scalar(p1_0, v1_5, o0_5);
        o0_6 = vfma_scalar(p1_0, v1_6, o0_6);
        o0_7 = vfma_scalar(p1_0, v1_7, o0_7);
    }
    vstore_scalar(&o[0][column + 0], o0_0);
    vstore_scalar(&o[0][column + 1], o0_1);
    vstore_scalar(&o[0][column + 2], o0_2);
    vstore_scalar(&o[0][column + 3], o0_3);
    vstore_scalar(&o[0][column + 4], o0_4);
    vstore_scalar(&o[0][column + 5], o0_5);
    vstore_scalar(&o[0][column + 6], o0_6);
    vstore_scalar(&o[0][column + 7], o0_7);
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

/* s = q k of a tile for the heads of one query; K of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_scores_alone_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int rows, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar])
{
    int done = 0;
    const int step = 64;
    const char *next = (const char *)after->k + tile * 64;
    for (; done + 0 < rows; done += 1, next += 128 * step)
        decode_scores_attention_scalar(block, tile, q + done, s + done, next, step);
}

/* o += p v over the tile's first `keys` keys for the heads of one query; V of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_values_alone_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention])
{
    int done;
    const int step = 64;
    const char *next = (const char *)after->v + tile * 64;
    for (int column = 0; column < 16; column += 8) {
        done = 0;
        for (; done + 0 < rows; done += 1, next += 64 * step)
            decode_values_attention_scalar(block, tile, keys, column, p + done, o + done, next, step);
    }
}

/* s = q k of a tile for rows of several queries; K of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_scores_together_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int rows, float (*restrict q)[DECODE_Q_attention_scalar],
    float (*restrict s)[TILE_attention_scalar])
{
    int done = 0;
    const int steps = (rows + 3) / 4 * 512, step = (4096 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->k + tile * 64;
    for (; done + 2 < rows; done += 4, next += 512 * step)
        decode_scores_rows_attention_scalar(block, tile, q + done, s + done, next, step);
    for (; done + 0 < rows; done += 2, next += 512 * step)
        decode_scores_few_rows_attention_scalar(block, tile, q + done, s + done, next, step);
}

/* o += p v over the tile's first `keys` keys for rows of several queries; V of the block after it is fetched meanwhile. */
KERNEL_scalar void decode_values_together_attention_scalar(const struct block_attention *block, const struct block_attention *after, int tile, int32_t keys, int rows,
    float (*restrict p)[TILE_attention_scalar], float (*restrict o)[V_ROW_attention])
{
    int done;
    const int steps = (rows + 3) / 4 * 512, step = (4096 + 64 * steps - 1) / (64 * steps) * 64;
    const char *next = (const char *)after->v + tile * 64;
    for (int column = 0; column < 16; column += 2) {
        done = 0;
        for (; done + 2 < rows; done += 4, next += 64 * step)
            decode_values_rows_attention_scalar(block, tile, keys, column, p + done, o + done, next, step);
        for (; done + 0 < rows; done += 2, next += 64 * step)
            decode_values_few_rows_attention_scalar(block, tile, keys, column, p + done, o + done, next, step);
    }
}

enum {
    ROWS_attention_scalar      = 64,       /* rows at most: whole queries of a group's heads */
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
        decode_scores_alone_attention_scalar(block, after, tile, t->rows, t->q, t->s);
    else
        decode_scores_together_attention_scalar(block, after, tile, t->rows, t->q, t->s);
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row_attention_scalar *row = &t->row[r];
        if (keys < TILE_attention_scalar || sight_attention(row->place, row->place, key0, key0 + keys - 1, &row->view) != SEES_ALL)
            decode_mask_attention_scalar(t->s[r], key0, row->place, &row->view);
        decode_softmax_attention_scalar(t->s[r], &t->m[r], &t->l[r], t->o[r]);
    }
    if (t->queries == 1)
        decode_values_alone_attention_scalar(block, after, tile, keys, t->rows, t->s, t->o);
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
    for (int column = 0; column < 16; column += 2)
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
                prefill_values_attention_scalar(tile->v + column + from * 16, &tile->s[from][query], keys,
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
    const char *next_k = (const char *)behind->k + key1 % BLOCK_attention * 64;
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
    "attention", "softmax heads=2 kv_heads=2 d_k=16 d_v=16 scale=0.25 mask=\"true\" position=none cache=f32", "scalar", "f32",
    HEADS_attention, KV_HEADS_attention, D_K_attention, D_V_attention, 0,
    0, NULL,
    0, NULL,
    0, -1, cache_bytes_attention, NULL,
    {
        "rows into blocks of 64 keys, K by 16 keys, V by 16 columns",
        1, D_K_attention * sizeof(float), write_workspace_bytes_attention, write_tasks_attention, write_run_attention
    },
    {
        "online softmax, scores lanes=queries 4 keys x 3 queries, o lanes=d_v 6 queries x 2, tile 12 queries x 64 keys, segment 1024, 16 of 16 registers, 12 KiB",
        2, sizeof(union prefill_room_attention_scalar),
        prefill_workspace_bytes_attention_scalar, prefill_tasks_attention_scalar, prefill_run_attention_scalar
    },
    {
        "split keys, scores lanes=keys 1 heads x 8 keys, o lanes=d_v, tile 1 heads x 64 keys, segment 1024, 10 of 16 registers, 8 KiB",
        2, sizeof(struct decode_scratch_attention_scalar),
        decode_workspace_bytes_attention_scalar, decode_tasks_attention_scalar, decode_run_attention_scalar
    },
    { NULL, 0, 0, NULL, NULL, NULL },
    read_attention, store_attention, NULL, NULL,
    merge_results_attention_scalar
};

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

const struct attn_attention *plain_attention(void)
{
    return &attention_attention_scalar;
}

void plain_attention_write(const struct attn_args *args, void *scratch)
{
    attn_run_all(&plain_attention()->write, args, scratch);
}

void plain_attention_prefill(const struct attn_args *args, void *scratch)
{
    attn_run_all(&plain_attention()->prefill, args, scratch);
}

void plain_attention_decode(const struct attn_args *args, void *scratch)
{
    attn_run_all(&plain_attention()->decode, args, scratch);
}

static const struct attn_attention *(*const resolvers[])(void) = {
    plain_attention,
};

/* (attentions, targets); NULL where this machine cannot have the target, or the target is for other attentions. */
static const struct attn_attention *const all[] = {
    &attention_attention_scalar,
};

static int supported_scalar(void)
{
    return 1;
}

static int (*const supported[])(void) = {
    supported_scalar,
};

const struct attn_model_kernels plain_kernels = {
    ATTN_CONTRACT, "plain", 1, resolvers, 1, all, supported, 0, NULL
};
