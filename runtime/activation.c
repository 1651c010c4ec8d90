/*
** relu, silu, gelu and gelu_tanh. The exponential is written out, so that the loops become vectors.
*/
#include "activation.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* e^x within 2e-7 of itself, for x clamped to -87 .. 88: 2^n * e^r, |r| <= ln 2 / 2. */
static inline float exponential(float x)
{
    const float shift = 12582912.0f;              /* 1.5 * 2^23: adding it rounds to a whole number */
    const float clamped = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f;      /* NaN: -87 */
    const float n = clamped * 1.44269504f + shift - shift;
    const float r = clamped - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* x, or 0 below it; NaN stays */
static void apply_relu(float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = x[i] < 0.0f ? 0.0f : x[i];
}

/* x / (1 + e^-x) */
static void apply_silu(float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = x[i] / (1.0f + exponential(-x[i]));
}

/* x * (1 + erf(x / sqrt 2)) / 2 */
static void apply_gelu(float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.707106781f));
}

/* x * (1 + tanh u) / 2 with u = sqrt(2 / pi) * (x + 0.044715 x^3), which is x / (1 + e^-2u) */
static void apply_gelu_tanh(float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const float u = 0.797884561f * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        x[i] = x[i] / (1.0f + exponential(-2.0f * u));
    }
}

static const struct activation_kind kinds[] = {
    { "relu",      apply_relu },
    { "silu",      apply_silu },
    { "gelu",      apply_gelu },
    { "gelu_tanh", apply_gelu_tanh },
};

const struct activation_kind *activation_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
