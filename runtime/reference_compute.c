#include "reference_compute.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The nearest upper half of a float, even in a tie. */
static double rounded_bf16(double x)
{
    const float narrow = (float)x;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    bits = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
    float rounded;
    memcpy(&rounded, &bits, sizeof rounded);
    return rounded;
}

/* Whole numbers of -127 .. 127 times a 127th of the largest; the quotients are of floats, so that ties fall alike. */
static void round_codes(const struct reference_line *line, double *q)
{
    float largest = 0.0f;
    for (int d = 0; d < line->d_k; d++)
        largest = fmaxf(largest, fabsf((float)q[d]));
    const float step = largest / 127.0f;
    for (int d = 0; d < line->d_k; d++) {
        const float code = step > 0.0f ? (float)q[d] / step : 0.0f;
        q[d] = trunc(code < 0.0f ? code - 0.5f : code + 0.5f) * step;
    }
}

void reference_compute(const struct reference_line *line, double *q)
{
    for (int d = 0; d < line->d_k && line->compute == COMPUTE_BF16; d++)
        q[d] = rounded_bf16(q[d]);
    if (line->compute == COMPUTE_INT8)
        round_codes(line, q);
}
