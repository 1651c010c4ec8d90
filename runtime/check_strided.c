#include "check_strided.h"

#include <string.h>

struct strided strided_create(int64_t rows, int heads, int width, enum narrow type, uint32_t bits, struct random *random)
{
    struct strided strided = { .rows = rows, .heads = heads, .width = width, .type = type };
    const int64_t padding = random_between(random, 0, 1) * random_between(random, 1, 19);
    const bool rows_outside = random_between(random, 0, 1) == 0;
    strided.head_stride = rows_outside ? width + padding : (width + padding) * rows;
    strided.stride = rows_outside ? strided.head_stride * heads + padding : width + padding;
    const int64_t numbers = rows > 0 ? (rows - 1) * strided.stride + (heads - 1) * strided.head_stride + width : 0;
    const enum guard_side side = random_between(random, 0, 3) == 0 ? GUARD_START : GUARD_END;
    strided.memory = guarded_create((size_t)numbers * narrow_bytes(type), narrow_bytes(type), side);
    guarded_fill(&strided.memory, bits);
    return strided;
}

struct strided strided_convert(const struct strided *from, enum narrow type)
{
    struct strided to = *from;
    const size_t numbers = from->memory.bytes / narrow_bytes(from->type);
    to.type = type;
    to.memory = guarded_create(numbers * narrow_bytes(type), narrow_bytes(type), from->memory.side);
    for (size_t i = 0; i < numbers; i++)
        narrow_put(type, to.memory.data, (int64_t)i, narrow_get(from->type, from->memory.data, (int64_t)i));
    return to;
}

static int64_t place(const struct strided *strided, int64_t row, int head)
{
    return row * strided->stride + head * strided->head_stride;
}

float *strided_row(const struct strided *strided, int64_t row, int head)
{
    return (float *)(void *)strided->memory.data + place(strided, row, head);
}

void strided_read(const struct strided *strided, int64_t row, int head, float *to)
{
    for (int d = 0; d < strided->width; d++)
        to[d] = narrow_get(strided->type, strided->memory.data, place(strided, row, head) + d);
}

int64_t strided_written(const struct strided *strided, int64_t row, int head, int64_t count, uint32_t bits)
{
    const size_t bytes = narrow_bytes(strided->type);
    const unsigned char *at = strided->memory.data + (size_t)place(strided, row, head) * bytes;
    int64_t written = 0;
    for (int64_t i = 0; i < count; i++, at += bytes)
        written += memcmp(at, &bits, bytes) != 0;
    return written;
}

void strided_fill(struct strided *strided, int64_t first, int64_t count, double amplitude, double growth,
                  enum narrow type, struct random *random)
{
    for (int64_t row = 0; row < count; row++) {
        const float size = (float)(amplitude * (1.0 + (growth - 1.0) * (double)row / (double)count));
        for (int head = 0; head < strided->heads; head++) {
            float *to = strided_row(strided, first + row, head);
            for (int d = 0; d < strided->width; d++)
                to[d] = narrow_round(type, size * random_normal(random));
        }
    }
}
