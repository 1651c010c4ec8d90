/*
** The vector operations of every emitted target against what they mean, on random and special values.
** Compiled with -DKERNELS_SOURCE="<name>.c": the operations are static functions of that file.
*/
#include KERNELS_SOURCE

#include <math.h>
#include <stdlib.h>

#include "../../runtime/narrow.h"
#include "../../runtime/random.h"
#include "../test.h"

enum { ROUNDS = 2000, MOST_LANES = 16 };

/* A float of any size, now and then a special one. */
static float any_float(struct random *random)
{
    static const float special[] = { 0.0f, -0.0f, 1.0f, -1.0f, 1e-38f, -3e38f, 8388608.5f };
    if (random_between(random, 0, 9) == 0)
        return special[random_between(random, 0, 6)];
    return random_normal(random) * exp2f((float)random_between(random, -20, 20));
}

/* Any 32-bit integer, most of them small. */
static int32_t any_integer(struct random *random)
{
    const int64_t bits = random_between(random, 1, 31);
    return (int32_t)random_between(random, -(INT64_C(1) << bits) + 1, (INT64_C(1) << bits) - 1);
}

static void fill(float *values, int count, struct random *random)
{
    for (int i = 0; i < count; i++)
        values[i] = any_float(random);
}

/* The sum of a vector by halves: what every target's vsum promises. */
static float sum_by_halves(const float *values, int count)
{
    float sums[MOST_LANES];
    memcpy(sums, values, (size_t)count * sizeof *values);
    for (int half = count / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sums[i] += sums[i + half];
    return sums[0];
}

/* The bits of any float, or a number that functions are not all 0 or infinite at. */
static float any_bits(struct random *random)
{
    const int32_t bits = (int32_t)random_between(random, INT32_MIN, INT32_MAX);
    float x;
    memcpy(&x, &bits, sizeof x);
    return random_between(random, 0, 1) == 0 ? x : (float)((random_uniform(random) - 0.5) * exp2((double)random_between(random, -3, 8)));
}

/* Any bits, a number that halves have about the size of, or one between two halves. */
static float any_for_halves(struct random *random)
{
    const uint16_t half = (uint16_t)random_between(random, 0, 0x7bfe), next = (uint16_t)(half + 1);
    const int64_t kind = random_between(random, 0, 2);
    if (kind == 0)
        return any_bits(random);
    if (kind == 1)
        return random_normal(random) * exp2f((float)random_between(random, -28, 17));
    return (narrow_get(NARROW_F16, &half, 0) + narrow_get(NARROW_F16, &next, 0)) / 2;
}

static bool same_float(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Of the two floats around x whose lower half is 0, the nearer; even in a tie. */
static float nearest_bf16(float x)
{
    uint32_t bits;
    float inner, outer;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0xffff0000u;
    memcpy(&inner, &bits, sizeof inner);
    const bool odd = (bits >> 16 & 1u) != 0;
    bits += 0x10000u;
    memcpy(&outer, &bits, sizeof outer);
    if (!isfinite(x))
        return x;
    const double beyond = isinf(outer) ? copysign(0x1p128, (double)x) : (double)outer;
    const double below = fabs((double)x - (double)inner), above = fabs(beyond - (double)x);
    return above < below || (above == below && odd) ? outer : inner;
}

/* Within a relative error, or an absolute one; the same where that is infinite or no number. */
static bool is_near(float found, double expected, double relative, double absolute)
{
    if (isnan(expected) || isinf((float)expected))
        return same_float(found, (float)expected);
    return fabs(found - expected) <= fmax(relative * fabs(expected), absolute);
}

/* A half of what stands in a float's place, 1 the upper one; and halves in a unit. */
static uint32_t half_of(float place, int part)
{
    uint32_t bits;
    memcpy(&bits, &place, sizeof bits);
    return bits >> 16 * part & 0xffffu;
}

static uint32_t unit_of(float first, float second)
{
    return half_of(nearest_bf16(first), 1) | half_of(nearest_bf16(second), 1) << 16;
}

static float half_value(uint32_t unit, int part)
{
    const uint32_t bits = (unit >> 16 * part & 0xffffu) << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* What a target's products can be of. */
#define BF16 1
#define INT8 2

#define TARGET scalar
#define LANES 1
#define FUSED 0
#define COMPUTES (BF16 | INT8)
#include "operations_target.h"

#if defined(__x86_64__)
#define TARGET avx2
#define LANES 8
#define FUSED 1
#define COMPUTES (BF16 | INT8)
#include "operations_target.h"

#define TARGET avx512
#define LANES 16
#define FUSED 1
#define COMPUTES (BF16 | INT8)
#include "operations_target.h"

#define TARGET avx512_bf16
#define LANES 16
#define FUSED 1
#define COMPUTES BF16
#include "operations_target.h"

#define TARGET avx512_vnni
#define LANES 16
#define FUSED 1
#define COMPUTES INT8
#include "operations_target.h"
#endif

/* Angles as large as positions get, and logarithms of any sum of weights, against the C library's. */
static void sine_cosine_and_logarithm(void)
{
    struct random random = random_start(5);
    for (int i = 0; i < 100 * ROUNDS; i++) {
        const double angle = (random_uniform(&random) - 0.5) * exp2((double)random_between(&random, -10, 24));
        const float x = (float)exp2(random_uniform(&random) * 240.0 - 120.0);
        double sine, cosine;
        attn_sincos(angle, &sine, &cosine);
        CHECK(fabs(sine - sin(angle)) < 1e-15 && fabs(cosine - cos(angle)) < 1e-15);
        CHECK(fabs(attn_log(x) - log(x)) < 1e-14 * (1.0 + fabs(log(x))));
    }
}

int main(void)
{
    RUN(sine_cosine_and_logarithm);
    RUN(operations_scalar);
#if defined(__x86_64__)
    RUN(operations_avx2);
    RUN(operations_avx512);
    RUN(operations_avx512_bf16);
    RUN(operations_avx512_vnni);
#endif
    return test_end();
}
