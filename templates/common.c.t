enum { SEES_NONE, SEES_SOME, SEES_ALL };   /* what a tile's queries see of its keys */

/* What a mask may ask for besides q and k. */
% if USES_ARRAYS then
/* The least and greatest integers that keys hold up to the end of a stretch of ATTN_STRETCH keys, and from its start on. */
struct attn_bound { int32_t low_before, high_before, low_after, high_after; };

struct attn_view {
    int32_t h, b, q_len, kv_len;
    const struct attn_array *array;
    int64_t row;                               /* of place 0: the query at place q is row + q of q */
    int32_t query_first, query_last;           /* places of the sequence's queries */
    const struct attn_bound *bound;            /* (arrays, stretches) of the sequence, or NULL */
};

static struct attn_view attn_view_of(const struct attn_args *args, int32_t b, int32_t h)
{
    const struct attn_sequence *sequence = &args->sequence[b];
    const struct attn_view view = {
        h, b, sequence->q_len, sequence->kv_len, args->array, sequence->q_row - sequence->q_offset,
        sequence->q_offset, sequence->q_offset + sequence->q_len - 1, NULL
    };
    return view;
}
% else
struct attn_view { int32_t h, b, q_len, kv_len; };

static struct attn_view attn_view_of(const struct attn_args *args, int32_t b, int32_t h)
{
    const struct attn_view view = { h, b, args->sequence[b].q_len, args->sequence[b].kv_len };
    return view;
}
% end

#define ATTN_HIDDEN (-__builtin_inff())     /* the score of a key that a query does not see */
#define ATTN_LOWEST (-3.0e38f)
#define ATTN_LAZY   8.0f                    /* a maximum moves when it grew by more, in log2 */
#define ATTN_FETCH(p) __builtin_prefetch(p, 0, 2)   /* into the second-level cache: 20 % of decode; a hint, which may lie behind all caches */
#define ATTN_FETCH_NEAR(p) __builtin_prefetch(p, 0, 3)   /* into the first-level cache: 3 % of prefill */
#define ATTN_LOG2E  1.44269504088896340736f
#define ATTN_LN2    0.69314718055994530942

% if USES_LOG then
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

% end
% if USES_ROTATION then
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

% end
% if USES_NORM then
/* The root of x > 0: Newton's steps from half the exponent, to the last bits of a double. */
static double attn_root(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits >> 1) + 0x1ff7a00000000000u;
    double root;
    memcpy(&root, &bits, sizeof root);
    for (int step = 0; step < 5; step++)
        root = 0.5 * (root + x / root);
    return root;
}

% end
% if USES_FLOOR_DIV then
/* Division that rounds towards minus infinity. */
static inline int32_t attn_floor_div(int32_t a, int32_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

% end
% if USES_FLOOR_MOD then
/* What it leaves, with the sign of b. */
static inline int32_t attn_floor_mod(int32_t a, int32_t b)
{
    return a - attn_floor_div(a, b) * b;
}

% end
% if USES_MAGNITUDE then
static inline int32_t attn_magnitude(int32_t a)
{
    return a < 0 ? -a : a;
}

% end
% if USES_SMALLER then
static inline int32_t attn_smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

% end
% if USES_LARGER then
static inline int32_t attn_larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

% end
% if USES_CLIP then
/* To 32 bits, which no value of a mask leaves. */
static inline int32_t attn_clip(int64_t end)
{
    return end > INT32_MAX ? INT32_MAX : end < -INT32_MAX ? -INT32_MAX : (int32_t)end;
}

% end
% if USES_KEY_FROM then
/* The first key, or where low lies behind it, that; 2^24 is no key any more. */
static inline int32_t attn_key_from(int32_t first, int64_t low)
{
    return low <= first ? first : low < 16777216 ? (int32_t)low : 16777216;
}

% end
% if USES_KEY_TO then
/* The last key, or where high lies before it, that; -1 is no key any more. */
static inline int32_t attn_key_to(int32_t last, int64_t high)
{
    return high >= last ? last : high < -1 ? -1 : (int32_t)high;
}

% end
% if USES_REMAINDER_FROM then
/* The least value from `value` on that leaves a remainder of low .. high by n. */
static inline int64_t attn_remainder_from(int64_t value, int64_t n, int64_t low, int64_t high)
{
    const int64_t least = low > 0 ? low : 0, most = high < n ? high : n - 1;
    const int64_t past = ((value - least) % n + n) % n;
    return past <= most - least ? value : value + n - past;
}

% end
% if USES_REMAINDER_TO then
/* The greatest value up to `value` that does. */
static inline int64_t attn_remainder_to(int64_t value, int64_t n, int64_t low, int64_t high)
{
    const int64_t least = low > 0 ? low : 0, most = high < n ? high : n - 1;
    const int64_t past = ((value - least) % n + n) % n;
    return past <= most - least ? value : value - past + most - least;
}

% end
% if USES_SCALES then
/* Scales of cached values are upper halves of floats, so that a value, code times scale, is exact as a float. */
static float attn_scale_value(uint16_t scale)
{
    const uint32_t bits = (uint32_t)scale << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The scale next to x that is further from 0 (outward), or nearer; a finite one. */
static uint16_t attn_scale_cut(float x, int outward)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t size = (bits & 0x7fffffffu) + (outward ? 0xffffu : 0u), most = 0x7f7f0000u;
    return (uint16_t)((bits >> 16 & 0x8000u) | (size < most ? size : most) >> 16);
}

static uint16_t attn_scale_up(float x)                   { return attn_scale_cut(x, x > 0.0f); }
% if USES_MINIMA then
static uint16_t attn_scale_down(float x)                 { return attn_scale_cut(x, x < 0.0f); }
% end

% end
% if USES_CPUID then
#if defined(__x86_64__)
struct cpu_registers { uint32_t a, b, c, d; };

% if USES_AVX512_BF16 then
static struct cpu_registers cpu_id_part(uint32_t leaf, uint32_t part)
{
    struct cpu_registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(part));
    return r;
}

static struct cpu_registers cpu_id(uint32_t leaf)
{
    return cpu_id_part(leaf, 0);
}
% else
static struct cpu_registers cpu_id(uint32_t leaf)
{
    struct cpu_registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
}
% end

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

% if USES_AVX512 then
/* F, DQ, BW and VL. */
static int cpu_has_avx512(void)
{
    const uint32_t one = 1, needed = one << 16 | one << 17 | one << 30 | one << 31;
    return cpu_has_avx2() && cpu_saves(0xe6) && (cpu_id(7).b & needed) == needed;
}

% end
% if USES_AVX512_BF16 then
static int cpu_has_avx512_bf16(void)
{
    return cpu_has_avx512() && cpu_id(7).a >= 1 && (cpu_id_part(7, 1).a >> 5 & 1) != 0;
}

/* "GenuineIntel" */
static int cpu_is_intel(void)
{
    return cpu_id(0).b == 0x756e6547u;
}

% end
% if USES_AVX512_VNNI then
static int cpu_has_avx512_vnni(void)
{
    return cpu_has_avx512() && (cpu_id(7).c >> 11 & 1) != 0;
}

% end
#endif

% end
