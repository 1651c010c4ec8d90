/*
** Types of caches: every value that they can store against its meaning, the nearest one stored for any float, and
** what attention over them loses against K and V as they were.
** Compiled with -DKERNELS_SOURCE="stored.c".
*/
#include KERNELS_SOURCE

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../runtime/random.h"
#include "../test.h"

enum { TRIES = 400000, HEADS = 4, KV = 2, D = 64, QUERIES = 32, KEYS = 700 };

/* Values that are stored --------------------------------------------------------------------- */

/* What a code of so many bits of exponent and fraction stands for. */
static double code_value(unsigned code, int exponent_bits, int fraction_bits)
{
    const int bias = (1 << (exponent_bits - 1)) - 1, exponent = (int)(code >> fraction_bits) & ((1 << exponent_bits) - 1);
    const double fraction = code & ((1u << fraction_bits) - 1);
    const double size = exponent == 0 ? ldexp(fraction, 1 - bias - fraction_bits)
                                      : ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
    return code >> (exponent_bits + fraction_bits) & 1 ? -size : size;
}

/* A float of any exponent that the type has, and beyond. */
static float any_value(struct random *random, int exponent_bits)
{
    const int range = 1 << (exponent_bits - 1);
    return (float)ldexp(random_uniform(random) * 2.0 - 1.0, (int)random_between(random, -range - 12, range + 3));
}

/* No code is nearer to x than its own, and in a tie its own is even; most is the largest that there is. */
static bool is_nearest(float x, unsigned code, unsigned most, int exponent_bits, int fraction_bits)
{
    const unsigned sign = 1u << (exponent_bits + fraction_bits), size = code & (sign - 1);
    const double own = fabs(fabs((double)x) - code_value(size, exponent_bits, fraction_bits));
    if (size > most || ((code & sign) != 0) != (signbit(x) != 0))
        return false;
    for (int step = -1; step <= 1; step += 2) {
        if ((step < 0 && size == 0) || (step > 0 && size == most))
            continue;
        const double other = fabs(fabs((double)x) - code_value(size + (unsigned)step, exponent_bits, fraction_bits));
        if (other < own || (other == own && size % 2 == 1))
            return false;
    }
    return true;
}

static void halves_are_nearest(void)
{
    struct random random = random_start(11);
    for (unsigned code = 0; code < 0x10000; code++)
        CHECK((code & 0x7c00) == 0x7c00 || f16_value((uint16_t)code) == code_value(code, 5, 10));
    for (int i = 0; i < TRIES; i++) {
        const float x = any_value(&random, 5);
        CHECK(is_nearest(x, f16_store(x), 0x7bff, 5, 10));
    }
    for (unsigned code = 0; code < 0x7bff; code++) {
        const float tie = (float)((code_value(code, 5, 10) + code_value(code + 1, 5, 10)) / 2);
        CHECK(is_nearest(tie, f16_store(tie), 0x7bff, 5, 10) && is_nearest(-tie, f16_store(-tie), 0x7bff, 5, 10));
    }
    CHECK(f16_store(1e30f) == 0x7bff && f16_store(-65520.0f) == 0xfbff && f16_store(65519.0f) == 0x7bff);
}

static void upper_halves_are_nearest(void)
{
    struct random random = random_start(12);
    for (unsigned code = 0; code < 0x10000; code++)
        CHECK((code & 0x7f80) == 0x7f80 || bf16_value((uint16_t)code) == code_value(code, 8, 7));
    for (int i = 0; i < TRIES; i++) {
        const float x = any_value(&random, 8);
        CHECK(isinf(x) || is_nearest(x, bf16_store(x), 0x7f7f, 8, 7));
    }
    CHECK(bf16_store(3.4028234e38f) == 0x7f7f && bf16_store(-3.4028234e38f) == 0xff7f);
}

static void eighths_are_nearest(void)
{
    struct random random = random_start(13);
    for (unsigned code = 0; code < 0x100; code++)
        CHECK((code & 0x7f) == 0x7f || fp8_value((uint8_t)code) == code_value(code, 4, 3));
    for (int i = 0; i < TRIES; i++) {
        const float x = any_value(&random, 4);
        CHECK(is_nearest(x, fp8_store(x), 0x7e, 4, 3));
    }
    for (unsigned code = 0; code < 0x7e; code++) {
        const float tie = (float)((code_value(code, 4, 3) + code_value(code + 1, 4, 3)) / 2);
        CHECK(is_nearest(tie, fp8_store(tie), 0x7e, 4, 3) && is_nearest(-tie, fp8_store(-tie), 0x7e, 4, 3));
    }
    CHECK(fp8_store(1e30f) == 0x7e && fp8_store(-449.0f) == 0xfe);
}

/* Of large and small rows and of zeros; not so small that the scale has fewer bits than others. */
static void scaled_values_stay_within_half_a_step(void)
{
    struct random random = random_start(14);
    for (int i = 0; i < TRIES / 40; i++) {
        float x[32], largest = 0.0f;
        uint16_t eight[1], four[2];
        const int exponent = (int)random_between(&random, -110, 126);
        for (int d = 0; d < 32; d++) {
            x[d] = i % 50 == 0 ? 0.0f : (float)ldexp(random_uniform(&random) * 2.0 - 1.0, exponent);
            largest = fmaxf(largest, fabsf(x[d]));
        }
        int8_scale(x, 32, eight);
        int4_scale(x, 32, four);
        for (int d = 0; d < 32; d++) {
            CHECK(fabs((double)x[d] - (double)int8_value(int8_store(x[d], eight), eight)) <= 0.505 / 127 * largest);
            CHECK(fabs((double)x[d] - (double)int4_value(int4_store(x[d], four), four)) <= 1.03 / 15 * largest);
        }
    }
}

/* Attention ---------------------------------------------------------------------------------- */

/* What the largest error may be, as a part of the largest output: the first that the definition says counts. */
static const struct { const char *cache; double error; } allowed[] = {
    { " compute=bf16", 1e-2 }, { " compute=int8", 2e-2 },
    { " cache=f32", 2e-6 }, { " cache=f16", 2e-3 }, { " cache=bf16", 1e-2 }, { " cache=fp8", 8e-2 },
    { " cache=int8", 2e-2 }, { " cache=int4", 2.5e-1 }, { " cache.k=int8", 2e-2 }
};

static float q[QUERIES][HEADS][D], k[KEYS][KV][D], v[KEYS][KV][D], o[QUERIES][HEADS][D];

/* o of one query and head in double, over K and V as they were. */
static void expected_row(int query, int head, double row[D])
{
    double s[KEYS], sum = 0.0;
    const int keys = KEYS - QUERIES + query + 1, kv_head = head / (HEADS / KV);
    for (int i = 0; i < keys; i++) {
        s[i] = 0.0;
        for (int d = 0; d < D; d++)
            s[i] += (double)q[query][head][d] * (double)k[i][kv_head][d];
        s[i] = exp(s[i] / 8.0);                      /* sqrt(D); normal data: far from overflow */
        sum += s[i];
    }
    for (int d = 0; d < D; d++) {
        row[d] = 0.0;
        for (int i = 0; i < keys; i++)
            row[d] += s[i] / sum * (double)v[i][kv_head][d];
    }
}

/* The largest error of o as a part of the largest output. */
static double error_of(void)
{
    double error = 0.0, largest = 0.0, row[D];
    for (int query = 0; query < QUERIES; query++)
        for (int head = 0; head < HEADS; head++) {
            expected_row(query, head, row);
            for (int d = 0; d < D; d++) {
                error = fmax(error, fabs(row[d] - (double)o[query][head][d]));
                largest = fmax(largest, fabs(row[d]));
            }
        }
    return error / largest;
}

static void phase_run(const struct attn_phase *phase, struct attn_args args)
{
    void *scratch = malloc(phase->scratch_bytes + 1);
    args.workspace = malloc(phase->workspace_bytes(&args) + 1);
    for (int pass = 0; pass < phase->passes; pass++)
        for (int64_t task = 0; task < phase->tasks(&args, pass); task++)
            phase->run(&args, pass, task, scratch);
    free(args.workspace);
    free(scratch);
}

static void attend(const struct attn_attention *attention)
{
    const struct attn_sequence sequence = {
        .q_len = QUERIES, .q_offset = KEYS - QUERIES, .k_len = KEYS, .kv_len = KEYS, .capacity = KEYS,
        .cache = aligned_alloc(ATTN_ALIGNMENT, attention->cache_bytes(KEYS))
    };
    const struct attn_args args = {
        .sequence = &sequence, .sequences = 1, .q = q[0][0], .q_stride = HEADS * D, .q_head_stride = D,
        .k = k[0][0], .k_stride = KV * D, .k_head_stride = D, .v = v[0][0], .v_stride = KV * D, .v_head_stride = D,
        .o = o[0][0], .o_stride = HEADS * D, .o_head_stride = D
    };
    phase_run(&attention->write, args);
    phase_run(&attention->prefill, args);
    free(sequence.cache);
}

static double allowed_error(const char *definition)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strstr(definition, allowed[i].cache) != NULL)
            return allowed[i].error;
    return 0.0;
}

static void fill(float *values, int count, struct random *random)
{
    for (int i = 0; i < count; i++)
        values[i] = random_normal(random);
}

static void errors_stay_as_stated(void)
{
    struct random random = random_start(15);
    fill(q[0][0], QUERIES * HEADS * D, &random);
    fill(k[0][0], KEYS * KV * D, &random);
    fill(v[0][0], KEYS * KV * D, &random);
    for (int i = 0; i < stored_kernels.attentions * stored_kernels.targets; i++) {
        const struct attn_attention *attention = stored_kernels.all[i];
        if (attention == NULL || !stored_kernels.supported[i % stored_kernels.targets]())
            continue;
        attend(attention);
        const double error = error_of(), most = allowed_error(attention->definition);
        printf("note %-12s %-12s largest error %.1e of the largest output, allowed %.1e\n", attention->name, attention->target, error, most);
        CHECK(error <= most);
    }
}

int main(void)
{
    RUN(halves_are_nearest);
    RUN(upper_halves_are_nearest);
    RUN(eighths_are_nearest);
    RUN(scaled_values_stay_within_half_a_step);
    RUN(errors_stay_as_stated);
    return test_end();
}
