/*
** Sizes of the dtypes, and the three kinds of numbers that weights are stored in.
*/
#include "tensor_type.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors files are little-endian, and are read in place"
#endif

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A half's exponent is 112 below a float's; the product also makes its subnormals right. */
static float half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    const float finite = float_of_bits(magnitude) * 0x1p112f;
    const float special = float_of_bits(magnitude | 0x7f800000);
    const float value = (half & 0x7c00) == 0x7c00 ? special : finite;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return float_of_bits(bits | sign);
}

static void floats_from_f32(const unsigned char *from, float *to, size_t count)
{
    memcpy(to, from, count * sizeof *to);
}

static void floats_from_f16(const unsigned char *from, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + 2 * i, sizeof half);
        to[i] = half_to_float(half);
    }
}

/* bf16 is the upper half of a float. */
static void floats_from_bf16(const unsigned char *from, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + 2 * i, sizeof half);
        to[i] = float_of_bits((uint32_t)half << 16);
    }
}

static const struct tensor_type types[] = {
    { "F32",     4, floats_from_f32 },
    { "F16",     2, floats_from_f16 },
    { "BF16",    2, floats_from_bf16 },
    { "F64",     8, NULL },
    { "I64",     8, NULL },
    { "I32",     4, NULL },
    { "I16",     2, NULL },
    { "I8",      1, NULL },
    { "U64",     8, NULL },
    { "U32",     4, NULL },
    { "U16",     2, NULL },
    { "U8",      1, NULL },
    { "BOOL",    1, NULL },
    { "F8_E4M3", 1, NULL },
    { "F8_E5M2", 1, NULL },
};

const struct tensor_type *tensor_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}
