#include "reference_norm.h"

#include <math.h>

static double mean(const double *x, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += x[i];
    return sum / count;
}

static double mean_square(const double *x, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += x[i] * x[i];
    return sum / count;
}

/* What x is divided by; a layer norm moves it first. */
static double divisor(const struct reference_norm *norm, double *x, int count)
{
    const double centre = mean(x, count);
    for (int i = 0; i < count && norm->kind == NORM_LAYER; i++)
        x[i] -= centre;
    const double square = mean_square(x, count);
    return norm->kind == NORM_L2 ? fmax(sqrt(square * count), norm->eps) : sqrt(square + norm->eps);
}

void reference_norm(const struct reference_line *line, const struct reference_norm *norm, const float *weight,
                    const float *bias, int head, double *x)
{
    if (norm->kind == NORM_NONE)
        return;
    const double divided = divisor(norm, x, line->d_k);
    const int first = norm->weights == WEIGHTS_PER_HEAD ? head * line->d_k : 0;
    for (int d = 0; d < line->d_k; d++) {
        x[d] /= divided;
        if (norm->weights != WEIGHTS_NONE)
            x[d] *= weight[first + d] + norm->offset;
        if (norm->biased)
            x[d] += bias[first + d];
    }
}
