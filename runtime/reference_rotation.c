#include "reference_rotation.h"

#include <math.h>

static double frequency_none(const struct reference_line *line, int i)
{
    return pow(line->base, -2.0 * i / line->dims);
}

static double frequency_linear(const struct reference_line *line, int i)
{
    return frequency_none(line, i) / line->factor;
}

/* By the wavelength, in positions: above the long one all is divided, below the short one nothing. */
static double frequency_llama3(const struct reference_line *line, int i)
{
    const double frequency = frequency_none(line, i);
    const double wavelength = 2 * M_PI / frequency;
    if (wavelength > line->original / line->low)
        return frequency / line->factor;
    if (wavelength < line->original / line->high)
        return frequency;
    const double smooth = (line->original / wavelength - line->low) / (line->high - line->low);
    return (1 - smooth) * frequency / line->factor + smooth * frequency;
}

/* The index, with a fraction, of the pair that turns so often within the trained context. */
static double yarn_pair(const struct reference_line *line, double turns)
{
    return line->dims * log(line->original / (turns * 2 * M_PI)) / (2 * log(line->base));
}

static double frequency_yarn(const struct reference_line *line, int i)
{
    double low = yarn_pair(line, line->beta_fast), high = yarn_pair(line, line->beta_slow);
    low = fmax(line->truncate ? floor(low) : low, 0);
    high = fmin(line->truncate ? ceil(high) : high, line->dims - 1);
    if (low == high)
        high += 0.001;                       /* a step rather than a ramp */
    const double ramp = fmin(fmax((i - low) / (high - low), 0), 1);
    const double kept = frequency_none(line, i), divided = kept / line->factor;
    return divided * ramp + kept * (1 - ramp);
}

static double frequency_longrope(const struct reference_line *line, int i)
{
    return frequency_none(line, i) / line->divisors[line->use_long].list[i];
}

/* The base is that of texts longer than the trained context. */
static double frequency_dynamic(const struct reference_line *line, int i)
{
    const double longer = line->length / line->original, dims = line->dims;
    return pow(line->base * pow(line->factor * (longer - 1) + 1, dims / (dims - 2)), -2.0 * i / dims);
}

double reference_frequency(const struct reference_line *line, int i)
{
    static double (*const frequency[])(const struct reference_line *, int) = {
        [SCALING_NONE] = frequency_none, [SCALING_LINEAR]   = frequency_linear,   [SCALING_LLAMA3] = frequency_llama3,
        [SCALING_YARN] = frequency_yarn, [SCALING_LONGROPE] = frequency_longrope, [SCALING_DYNAMIC] = frequency_dynamic,
    };
    return frequency[line->scaling](line, i);
}

double reference_magnitude(const struct reference_line *line)
{
    const double stretched = log(line->factor);
    if (line->attention_factor > 0)
        return line->attention_factor;
    if (line->scaling == SCALING_LONGROPE)
        return sqrt(1 + stretched / log(line->original));
    if (line->scaling != SCALING_YARN)
        return 1;
    if (line->mscale > 0 && line->mscale_all_dim > 0)
        return (0.1 * line->mscale * stretched + 1) / (0.1 * line->mscale_all_dim * stretched + 1);
    return 0.1 * stretched + 1;
}
