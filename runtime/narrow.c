#include "narrow.h"

#include <math.h>
#include <string.h>

static const struct { const char *name; size_t bytes; int exponent_bits, fraction_bits; } types[NARROWS] = {
    [NARROW_F32] = { "f32", 4, 8, 23 }, [NARROW_F16] = { "f16", 2, 5, 10 }, [NARROW_BF16] = { "bf16", 2, 8, 7 }
};

/* The exponent of the smallest number that is not subnormal. */
static int lowest_exponent(enum narrow type)
{
    return 2 - (1 << (types[type].exponent_bits - 1));
}

/* Checks convert millions of numbers: powers of two are made of bits here, as calls of ldexp and ilogb took a third of their time. */
enum { DOUBLE_BIAS = 1023, DOUBLE_FRACTION_BITS = 52 };

/* 2^n, which is a normal double for every exponent of these types. */
static double power_of_two(int n)
{
    const uint64_t bits = (uint64_t)(n + DOUBLE_BIAS) << DOUBLE_FRACTION_BITS;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* n of the largest 2^n within a positive finite size; -DOUBLE_BIAS of a subnormal double. */
static int exponent_of(double size)
{
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    return (int)(bits >> DOUBLE_FRACTION_BITS) - DOUBLE_BIAS;
}

static double value_of(enum narrow type, unsigned code)
{
    const int exponent_bits = types[type].exponent_bits, fraction_bits = types[type].fraction_bits;
    const int exponent = (int)(code >> fraction_bits) & ((1 << exponent_bits) - 1);
    const int fraction = (int)code & ((1 << fraction_bits) - 1);
    double size = (fraction + (exponent > 0 ? 1 << fraction_bits : 0))
                * power_of_two(lowest_exponent(type) + (exponent > 0 ? exponent - 1 : 0) - fraction_bits);
    if (exponent == (1 << exponent_bits) - 1)
        size = fraction > 0 ? NAN : INFINITY;
    return code >> (exponent_bits + fraction_bits) & 1 ? -size : size;
}

/* n of 2^n, one step between neighbours at a size. */
static int unit_exponent(enum narrow type, double size)
{
    const int lowest = lowest_exponent(type), own = exponent_of(size);
    return (own > lowest ? own : lowest) - types[type].fraction_bits;
}

static unsigned code_of(enum narrow type, double x)
{
    const int exponent_bits = types[type].exponent_bits, fraction_bits = types[type].fraction_bits;
    const unsigned infinity = ((1u << exponent_bits) - 1) << fraction_bits, sign = signbit(x) ? 1u << (exponent_bits + fraction_bits) : 0;
    if (isnan(x))
        return sign | infinity | 1u << (fraction_bits - 1);
    if (isinf(x))
        return sign | infinity;
    const int unit = unit_exponent(type, fabs(x)), smallest = lowest_exponent(type) - fraction_bits;
    const unsigned octave = (unsigned)(unit - smallest);      /* steps of a higher exponent have units twice as large */
    const unsigned size = (octave << fraction_bits) + (unsigned)nearbyint(fabs(x) * power_of_two(-unit));
    return sign | (size < infinity ? size : infinity);
}

const char *narrow_name(enum narrow type)
{
    return types[type].name;
}

enum narrow narrow_find(const char *name)
{
    enum narrow type = 0;
    while (type < NARROWS && strcmp(types[type].name, name) != 0)
        type++;
    return type;
}

size_t narrow_bytes(enum narrow type)
{
    return types[type].bytes;
}

float narrow_get(enum narrow type, const void *array, int64_t at)
{
    if (type == NARROW_F32)
        return ((const float *)array)[at];
    return (float)value_of(type, ((const uint16_t *)array)[at]);
}

void narrow_put(enum narrow type, void *array, int64_t at, float x)
{
    if (type == NARROW_F32)
        ((float *)array)[at] = x;
    else
        ((uint16_t *)array)[at] = (uint16_t)code_of(type, x);
}

float narrow_round(enum narrow type, float x)
{
    return type == NARROW_F32 ? x : (float)value_of(type, code_of(type, x));
}

double narrow_error(enum narrow type, double x)
{
    return type == NARROW_F32 || !isfinite(x) ? 0.0 : power_of_two(unit_exponent(type, fabs(x)) - 1);
}
