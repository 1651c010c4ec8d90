/*
** Norms, activations and dense products against the same formulas in double.
*/
#include <math.h>

#include "../../runtime/activation.h"
#include "../../runtime/matmul.h"
#include "../../runtime/norm.h"
#include "../../runtime/random.h"
#include "../test.h"

enum { WIDTHS = 6, LARGEST = 1000 };

static const int64_t widths[WIDTHS] = { 1, 15, 16, 17, 64, LARGEST };

static void fill(float *x, int64_t count, float scale, struct random *random)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = scale * random_normal(random);
}

/* (x - mean) / sqrt(variance + eps) * (weight + offset) + bias, the mean 0 for rms */
static double norm_expected(const struct norm *norm, bool centred, const float *x, int64_t at)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < norm->width && centred; i++)
        mean += x[i] / (double)norm->width;
    for (int64_t i = 0; i < norm->width; i++)
        square += (x[i] - mean) * (x[i] - mean) / (double)norm->width;
    const double scaled = (x[at] - mean) / sqrt(square + norm->eps) * ((double)norm->weight[at] + norm->weight_offset);
    return scaled + (norm->bias == NULL ? 0 : norm->bias[at]);
}

static void norm_check(const char *kind, bool centred, bool with_bias, float offset)
{
    static float x[LARGEST], weight[LARGEST], bias[LARGEST], out[LARGEST];
    struct random random = random_start(1);
    for (int w = 0; w < WIDTHS; w++) {
        const struct norm norm = { weight, with_bias ? bias : NULL, offset, 1e-5f, widths[w] };
        fill(x, norm.width, 3, &random);
        fill(weight, norm.width, 1, &random);
        fill(bias, norm.width, 1, &random);
        norm_find(kind)->apply(&norm, x, out);
        for (int64_t i = 0; i < norm.width; i++)
            CHECK(fabs(out[i] - norm_expected(&norm, centred, x, i)) < 5e-6);
        norm_find(kind)->apply(&norm, x, x);
        CHECK(memcmp(x, out, (size_t)norm.width * sizeof *x) == 0);
    }
}

static void norms(void)
{
    norm_check("rms", false, false, 0);
    norm_check("rms", false, false, 1);
    norm_check("layer", true, true, 0);
    norm_check("layer", true, false, 0);
    CHECK(norm_find("batch") == NULL);
}

static double relu(double x)
{
    return x > 0 ? x : 0;
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static double gelu(double x)
{
    return x * (1 + erf(x / sqrt(2))) / 2;
}

static double gelu_tanh(double x)
{
    return x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))) / 2;
}

/* Within 1e-6 of the value or of 1, whichever is larger, from -100 to 100; infinities stay what they must be. */
static void activation_check(const char *kind, double (*expected)(double))
{
    float extreme[] = { INFINITY, -1e30f, NAN, 0.0f };
    for (double at = -100; at <= 100; at += 0.0137) {
        float x = (float)at;
        activation_find(kind)->apply(&x, 1);
        const double value = expected((double)(float)at);
        if (!CHECK(fabs(x - value) <= 1e-6 * fmax(1, fabs(value)))) {
            printf("%s(%g) is %g; expected %g\n", kind, at, (double)x, value);
            return;
        }
    }
    activation_find(kind)->apply(extreme, 4);
    CHECK(isinf(extreme[0]) && fabsf(extreme[1]) < 1e-6f && isnan(extreme[2]) && extreme[3] == 0.0f);
}

static void activations(void)
{
    activation_check("relu", relu);
    activation_check("silu", silu);
    activation_check("gelu", gelu);
    activation_check("gelu_tanh", gelu_tanh);
    CHECK(activation_find("sine") == NULL);
}

/* Sizes around the blocks that products are cut into. */
static const struct size { int64_t rows, in_width, width; } sizes[] = {
    { 0, 5, 7 }, { 1, 1, 1 }, { 1, 576, 129 }, { 2, 64, 128 }, { 32, 33, 127 }, { 33, 65, 513 }, { 257, 20, 511 },
};

static double product_expected(const struct matmul *product, int64_t row, int64_t column)
{
    const int64_t group = column / product->width, inside = column % product->width;
    const float *in = product->in + group * product->in_group + row * product->in_stride, *weight = product->weight + group * product->weight_group;
    double sum = product->bias == NULL ? 0 : product->bias[column];
    for (int64_t i = 0; i < product->in_width; i++)
        sum += (double)in[i] * weight[product->transposed ? i * product->width + inside : inside * product->in_width + i];
    return sum;
}

static void product_check(const struct matmul *product, struct pool *pool)
{
    double worst = 0;
    matmul_run(product, pool);
    for (int64_t row = 0; row < product->rows; row++)
        for (int64_t column = 0; column < product->width * product->groups; column++)
            worst = fmax(worst, fabs(product->out[row * product->out_stride + column] - product_expected(product, row, column)));
    if (!CHECK(worst < 1e-4))
        printf("%d x %d x %d is wrong by %g\n", (int)product->rows, (int)product->in_width, (int)product->width, worst);
}

/* A bias is of one group only. */
static struct matmul product_of(const struct size *size, bool transposed, int64_t groups)
{
    return (struct matmul){
        .transposed = transposed, .rows = size->rows, .in_width = size->in_width, .width = size->width, .groups = groups,
        .in_stride = size->in_width * groups, .out_stride = size->width * groups, .in_group = size->in_width,
        .weight_group = size->in_width * size->width + 3, .out_group = size->width,
    };
}

static void products(void)
{
    enum { GROUPS = 3 };
    static float in[GROUPS * 257 * 64], weight[GROUPS * 600 * 600], bias[600], once[GROUPS * 257 * 520], again[GROUPS * 257 * 520];
    struct random random = random_start(2);
    char error[200];
    struct problem problem = { error, sizeof error };
    struct memory memory;
    memory_begin(&memory, NULL);
    matmul_start();
    struct pool *one = pool_create(1, 0, &memory, &problem), *three = pool_create(3, 0, &memory, &problem);
    fill(in, GROUPS * 257 * 64, 1, &random);
    fill(weight, GROUPS * 600 * 600, 1, &random);
    fill(bias, 600, 1, &random);
    for (size_t i = 0; i < 4 * sizeof sizes / sizeof sizes[0]; i++) {
        const int64_t groups = i % 4 < 2 ? 1 : GROUPS;
        struct matmul product = product_of(&sizes[i / 4], i % 2 == 1, groups);
        product.in = in;
        product.weight = weight;
        product.bias = groups == 1 && i % 8 < 4 ? bias : NULL;
        product.out = once;
        product_check(&product, one);
        product.out = again;
        product_check(&product, three);
        CHECK(memcmp(once, again, (size_t)(product.rows * product.out_stride) * sizeof *once) == 0);
    }
    pool_destroy(one);
    pool_destroy(three);
    memory_release(&memory);
}

int main(void)
{
    RUN(norms);
    RUN(activations);
    RUN(products);
    return test_end();
}
