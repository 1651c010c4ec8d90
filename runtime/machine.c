/*
** Probes of the machine. x86-64 with AVX2 and AArch64 have their own chains; any other
** machine is measured with what its compiler makes of a C loop.
*/
#include "machine.h"

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CHAINS = 12, STEPS = 40 * 1000 };

double machine_thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Independent chains of an instruction that multiplies and adds so many numbers. */
struct chains { int products; void (*run)(void); };

/* Without FMA instructions: as many multiplications and additions, in vectors of four. */
static void plain_chains_run(void)
{
    typedef float four __attribute__((vector_size(16)));
    const four x = { 0.999f, 0.999f, 0.999f, 0.999f }, y = { 1e-3f, 1e-3f, 1e-3f, 1e-3f };
    four a[CHAINS] = { { 0.0f } };
    for (int step = 0; step < STEPS; step++)
        for (int i = 0; i < CHAINS; i++) {
            a[i] = a[i] * x + y;
            __asm__ volatile("" : "+m"(a[i]));
        }
}

/* All chains once a step; CHAIN names the instruction of one. */
#define CHAINS_STEP CHAIN(0); CHAIN(1); CHAIN(2); CHAIN(3); CHAIN(4); CHAIN(5); CHAIN(6); CHAIN(7); CHAIN(8); CHAIN(9); CHAIN(10); CHAIN(11)

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static void chains_256_run(void)
{
    const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
    __m256 a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm256_set1_ps((float)i);
#define CHAIN(i) __asm__ volatile("vfmadd213ps %2, %1, %0" : "+x"(a[i]) : "x"(x), "x"(y))
    for (int step = 0; step < STEPS; step++) {
        CHAINS_STEP;
    }
#undef CHAIN
}

__attribute__((target("avx512f"))) static void chains_512_run(void)
{
    const __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
    __m512 a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm512_set1_ps((float)i);
#define CHAIN(i) __asm__ volatile("vfmadd213ps %2, %1, %0" : "+v"(a[i]) : "v"(x), "v"(y))
    for (int step = 0; step < STEPS; step++) {
        CHAINS_STEP;
    }
#undef CHAIN
}

/* Of two and of four products for each lane; sums are their first operand. */
__attribute__((target("avx512f"))) static void chains_bf16_run(void)
{
    const __m512 x = _mm512_set1_ps(0.1f);
    __m512 a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm512_set1_ps((float)i);
#define CHAIN(i) __asm__ volatile("vdpbf16ps %1, %1, %0" : "+v"(a[i]) : "v"(x))
    for (int step = 0; step < STEPS; step++) {
        CHAINS_STEP;
    }
#undef CHAIN
}

__attribute__((target("avx512f"))) static void chains_int8_run(void)
{
    const __m512i x = _mm512_set1_epi32(0x01020304);
    __m512i a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm512_set1_epi32(i);
#define CHAIN(i) __asm__ volatile("vpdpbusd %1, %1, %0" : "+v"(a[i]) : "v"(x))
    for (int step = 0; step < STEPS; step++) {
        CHAINS_STEP;
    }
#undef CHAIN
}

static struct chains dots_of(enum machine_product product, int bits)
{
    if (product == MACHINE_BF16 && bits >= 512 && __builtin_cpu_supports("avx512bf16"))
        return (struct chains){ 32, chains_bf16_run };
    if (product == MACHINE_INT8 && bits >= 512 && __builtin_cpu_supports("avx512vnni"))
        return (struct chains){ 64, chains_int8_run };
    return (struct chains){ 0, NULL };
}

static struct chains chains_of(int bits)
{
    if (bits >= 512 && __builtin_cpu_supports("avx512f"))
        return (struct chains){ 16, chains_512_run };
    if (bits >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (struct chains){ 8, chains_256_run };
    return (struct chains){ 4, plain_chains_run };
}

#else

static struct chains dots_of(enum machine_product product, int bits)
{
    (void)product;
    (void)bits;
    return (struct chains){ 0, NULL };
}
#endif

#if defined(__x86_64__)
#elif defined(__aarch64__)
#include <arm_neon.h>

static void chains_128_run(void)
{
    const float32x4_t x = vdupq_n_f32(0.999f), y = vdupq_n_f32(1e-3f);
    float32x4_t a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = vdupq_n_f32((float)i);
#define CHAIN(i) __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(a[i]) : "w"(x), "w"(y))
    for (int step = 0; step < STEPS; step++) {
        CHAINS_STEP;
    }
#undef CHAIN
}

static struct chains chains_of(int bits)
{
    (void)bits;
    return (struct chains){ 4, chains_128_run };
}

#else

static struct chains chains_of(int bits)
{
    (void)bits;
    return (struct chains){ 4, plain_chains_run };
}
#endif

static double chains_rate(const struct chains *chains)
{
    const double start = machine_thread_seconds();
    chains->run();
    return 2.0 * CHAINS * STEPS * chains->products / (machine_thread_seconds() - start) * 1e-9;
}

double machine_fma_rate(int bits)
{
    const struct chains chains = chains_of(bits);
    return chains_rate(&chains);
}

double machine_rate(enum machine_product product, int bits)
{
    const struct chains dots = dots_of(product, bits);
    return dots.run != NULL ? chains_rate(&dots) : machine_fma_rate(bits);
}

size_t machine_cold_bytes(void)
{
    const size_t least = (size_t)256 << 20;
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const size_t most = pages > 0 && page > 0 ? (size_t)pages / 8 * (size_t)page : least;
#ifdef _SC_LEVEL3_CACHE_SIZE
    const long level3 = sysconf(_SC_LEVEL3_CACHE_SIZE);
#else
    const long level3 = 0;
#endif
    const size_t cold = level3 > 0 ? (size_t)level3 / 4 * 5 : 0;
    return cold < least || most < least ? least : cold < most ? cold : most;
}

unsigned machine_read(const void *memory, size_t bytes)
{
    typedef unsigned sixteen __attribute__((vector_size(64)));
    const char *at = memory, *end = at + bytes / sizeof(sixteen) * sizeof(sixteen);
    sixteen sum = { 0 };
    for (; at < end; at += sizeof(sixteen)) {
        sixteen part;
        memcpy(&part, at, sizeof part);
        sum ^= part;
    }
    unsigned all = 0;
    for (size_t i = 0; i < sizeof sum / sizeof sum[0]; i++)
        all ^= sum[i];
    return all;
}
