/*
** Probes of the machine. x86-64 with AVX2 and AArch64 have their own chains; any other
** machine is measured with what its compiler makes of a C loop.
*/
#include "machine.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

enum { CHAINS = 12, STEPS = 40 * 1000 };

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double machine_seconds(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double machine_thread_seconds(void)
{
    return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { LANES = 8 };

static int has_fma(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

__attribute__((target("avx2,fma"))) static void chains_run(void)
{
    const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
    __m256 a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm256_set1_ps((float)i);
    for (int step = 0; step < STEPS; step++) {
#define CHAIN(i) __asm__ volatile("vfmadd213ps %2, %1, %0" : "+x"(a[i]) : "x"(x), "x"(y))
        CHAIN(0); CHAIN(1); CHAIN(2); CHAIN(3); CHAIN(4); CHAIN(5);
        CHAIN(6); CHAIN(7); CHAIN(8); CHAIN(9); CHAIN(10); CHAIN(11);
#undef CHAIN
    }
}

#elif defined(__aarch64__)
#include <arm_neon.h>

enum { LANES = 4 };

static int has_fma(void)
{
    return 1;
}

static void chains_run(void)
{
    const float32x4_t x = vdupq_n_f32(0.999f), y = vdupq_n_f32(1e-3f);
    float32x4_t a[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        a[i] = vdupq_n_f32((float)i);
    for (int step = 0; step < STEPS; step++) {
#define CHAIN(i) __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(a[i]) : "w"(x), "w"(y))
        CHAIN(0); CHAIN(1); CHAIN(2); CHAIN(3); CHAIN(4); CHAIN(5);
        CHAIN(6); CHAIN(7); CHAIN(8); CHAIN(9); CHAIN(10); CHAIN(11);
#undef CHAIN
    }
}

#else

enum { LANES = 4 };

static int has_fma(void)
{
    return 0;
}

static void chains_run(void)
{
}
#endif

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

double machine_fma_rate(void)
{
    const int fma = has_fma(), lanes = fma ? LANES : 4;
    const double start = machine_thread_seconds();
    if (fma)
        chains_run();
    else
        plain_chains_run();
    return 2.0 * CHAINS * STEPS * lanes / (machine_thread_seconds() - start) * 1e-9;
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
