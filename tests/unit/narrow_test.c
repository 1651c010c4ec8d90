/*
** Numbers of two bytes, as the checks of kernels take them.
*/
#include "../../runtime/narrow.h"

#include <math.h>

#include "../test.h"

static uint16_t code(enum narrow type, float x)
{
    uint16_t put;
    narrow_put(type, &put, 0, x);
    return put;
}

static float number(enum narrow type, uint16_t half)
{
    return narrow_get(type, &half, 0);
}

static void halves_are_those_of_ieee(void)
{
    static const struct { float x; uint16_t half; } rows[] = {
        { 0.0f, 0x0000 }, { -0.0f, 0x8000 }, { 1.0f, 0x3c00 }, { -2.0f, 0xc000 }, { 65504.0f, 0x7bff }, { 0x1p-14f, 0x0400 },
        { 0x1p-24f, 0x0001 }, { 0x1.ff8p-15f, 0x03ff }, { INFINITY, 0x7c00 }, { -INFINITY, 0xfc00 }, { 0.333251953125f, 0x3555 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(code(NARROW_F16, rows[i].x) == rows[i].half && number(NARROW_F16, rows[i].half) == rows[i].x);
    CHECK(code(NARROW_F16, 1.0f / 3.0f) == 0x3555 && code(NARROW_F16, 65519.0f) == 0x7bff && code(NARROW_F16, 65520.0f) == 0x7c00);
    CHECK(code(NARROW_F16, 0x1p-25f) == 0 && code(NARROW_F16, 0x1.8p-24f) == 2 && code(NARROW_F16, 0x1.000002p-25f) == 1);
    CHECK(isnan(number(NARROW_F16, code(NARROW_F16, NAN))) && isnan(number(NARROW_F16, 0x7c01)));
}

static void upper_halves_are_those_of_floats(void)
{
    static const struct { float x; uint16_t half; } rows[] = {
        { 0.0f, 0x0000 }, { 1.0f, 0x3f80 }, { -2.0f, 0xc000 }, { 0x1p-126f, 0x0080 }, { 0x1p-133f, 0x0001 }, { INFINITY, 0x7f80 }, { 0x1.fep127f, 0x7f7f }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(code(NARROW_BF16, rows[i].x) == rows[i].half && number(NARROW_BF16, rows[i].half) == rows[i].x);
    CHECK(code(NARROW_BF16, 0x1.01p0f) == 0x3f80 && code(NARROW_BF16, 0x1.03p0f) == 0x3f82 && code(NARROW_BF16, 0x1.010002p0f) == 0x3f81);
    CHECK(code(NARROW_BF16, 0x1.fffffep127f) == 0x7f80 && isnan(number(NARROW_BF16, code(NARROW_BF16, NAN))));
}

static void errors_are_half_a_unit(void)
{
    CHECK(narrow_error(NARROW_F32, 3.0) == 0.0);
    CHECK(narrow_error(NARROW_F16, 3.0) == 0x1p-10 && narrow_error(NARROW_F16, 0.0) == 0x1p-25);
    CHECK(narrow_error(NARROW_BF16, -1.0) == 0x1p-8 && narrow_error(NARROW_BF16, INFINITY) == 0.0);
}

static void types_have_names(void)
{
    CHECK(narrow_find("f16") == NARROW_F16 && narrow_find("bf16") == NARROW_BF16 && narrow_find("f64") == NARROWS);
    CHECK_TEXT(narrow_name(NARROW_F32), "f32");
    CHECK(narrow_bytes(NARROW_F32) == 4 && narrow_bytes(NARROW_F16) == 2 && narrow_bytes(NARROW_BF16) == 2);
}

int main(void)
{
    RUN(halves_are_those_of_ieee);
    RUN(upper_halves_are_those_of_floats);
    RUN(errors_are_half_a_unit);
    RUN(types_have_names);
    return test_end();
}
