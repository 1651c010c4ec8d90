/*
** rms and layer. Sums run in PARTS independent parts, so that compilers can use
** vectors without changing the order of the additions.
*/
#include "norm.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { PARTS = 16 };

static float parts_sum(float part[PARTS])
{
    for (int width = PARTS / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            part[i] += part[i + width];
    return part[0];
}

static float mean(const float *x, int64_t width)
{
    float part[PARTS] = { 0 };
    int64_t i = 0;
    for (; i + PARTS <= width; i += PARTS)
        for (int j = 0; j < PARTS; j++)
            part[j] += x[i + j];
    for (; i < width; i++)
        part[i % PARTS] += x[i];
    return parts_sum(part) / (float)width;
}

/* Mean of (x - centre)^2. */
static float mean_square(const float *x, float centre, int64_t width)
{
    float part[PARTS] = { 0 };
    int64_t i = 0;
    for (; i + PARTS <= width; i += PARTS)
        for (int j = 0; j < PARTS; j++)
            part[j] += (x[i + j] - centre) * (x[i + j] - centre);
    for (; i < width; i++)
        part[i % PARTS] += (x[i] - centre) * (x[i] - centre);
    return parts_sum(part) / (float)width;
}

/* out = (in - centre) * factor * (weight + weight_offset) */
static void scale(const struct norm *norm, float centre, float factor, const float *in, float *out)
{
    for (int64_t i = 0; i < norm->width; i++)
        out[i] = (in[i] - centre) * factor * (norm->weight[i] + norm->weight_offset);
    if (norm->bias != NULL)
        for (int64_t i = 0; i < norm->width; i++)
            out[i] += norm->bias[i];
}

/* in / sqrt(mean(in^2) + eps) */
static void apply_rms(const struct norm *norm, const float *in, float *out)
{
    scale(norm, 0.0f, 1.0f / sqrtf(mean_square(in, 0.0f, norm->width) + norm->eps), in, out);
}

/* (in - mean(in)) / sqrt(variance(in) + eps) */
static void apply_layer(const struct norm *norm, const float *in, float *out)
{
    const float centre = mean(in, norm->width);
    scale(norm, centre, 1.0f / sqrtf(mean_square(in, centre, norm->width) + norm->eps), in, out);
}

static const struct norm_kind kinds[] = {
    { "rms",   apply_rms },
    { "layer", apply_layer },
};

const struct norm_kind *norm_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
