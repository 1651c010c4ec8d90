#include "case_values.h"

#include <math.h>
#include <string.h>

struct type {
    const char *name;
    int bytes;
    double (*value)(const char *bytes);
};

/* 1 sign bit, 5 of the exponent, 10 of the fraction. */
static double value_f16(const char *bytes)
{
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = ldexp(fraction + 1024, exponent - 25);
    if (exponent == 0)
        size = ldexp(fraction, -24);
    else if (exponent == 31)
        size = fraction == 0 ? INFINITY : NAN;
    return bits >> 15 ? -size : size;
}

/* The upper half of a float. */
static double value_bf16(const char *bytes)
{
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    const uint32_t whole = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &whole, sizeof value);
    return (double)value;
}

static double value_f32(const char *bytes)
{
    float value;
    memcpy(&value, bytes, sizeof value);
    return (double)value;
}

static double value_f64(const char *bytes)
{
    double value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static double value_i32(const char *bytes)
{
    int32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static double value_i64(const char *bytes)
{
    int64_t value;
    memcpy(&value, bytes, sizeof value);
    return (double)value;
}

static double value_bool(const char *bytes)
{
    return *bytes != 0;
}

static const struct type types[] = {
    { "f16", 2, value_f16 }, { "bf16", 2, value_bf16 }, { "f32", 4, value_f32 }, { "f64", 8, value_f64 },
    { "i32", 4, value_i32 }, { "i64", 8, value_i64 }, { "bool", 1, value_bool },
};

static const struct type *type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

int case_type_bytes(const char *type)
{
    const struct type *found = type_find(type);
    return found == NULL ? 0 : found->bytes;
}

double *case_values(const struct case_tensor *tensor, const char *bytes, struct arena *arena)
{
    const struct type *type = type_find(tensor->type);
    double *values = arena_alloc(arena, (size_t)tensor->count, sizeof *values);
    for (int64_t i = 0; i < tensor->count; i++)
        values[i] = type->value(bytes + i * type->bytes);
    return values;
}
