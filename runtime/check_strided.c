#include "check_strided.h"

struct strided strided_create(int64_t rows, int heads, int width, uint32_t bits, struct random *random)
{
    struct strided strided = { .rows = rows, .heads = heads, .width = width };
    const int64_t padding = random_between(random, 0, 1) * random_between(random, 1, 19);
    const bool rows_outside = random_between(random, 0, 1) == 0;
    strided.head_stride = rows_outside ? width + padding : (width + padding) * rows;
    strided.stride = rows_outside ? strided.head_stride * heads + padding : width + padding;
    const int64_t floats = rows > 0 ? (rows - 1) * strided.stride + (heads - 1) * strided.head_stride + width : 0;
    const enum guard_side side = random_between(random, 0, 3) == 0 ? GUARD_START : GUARD_END;
    strided.memory = guarded_create((size_t)floats * sizeof(float), sizeof(float), side);
    guarded_fill(&strided.memory, bits);
    return strided;
}

float *strided_row(const struct strided *strided, int64_t row, int head)
{
    return (float *)(void *)strided->memory.data + row * strided->stride + head * strided->head_stride;
}

void strided_fill(struct strided *strided, int64_t first, int64_t count, double amplitude, double growth,
                  struct random *random)
{
    for (int64_t row = 0; row < count; row++) {
        const float size = (float)(amplitude * (1.0 + (growth - 1.0) * (double)row / (double)count));
        for (int head = 0; head < strided->heads; head++) {
            float *to = strided_row(strided, first + row, head);
            for (int d = 0; d < strided->width; d++)
                to[d] = size * random_normal(random);
        }
    }
}
