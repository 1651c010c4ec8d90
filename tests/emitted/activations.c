/*
** Activations of two bytes: conversions of every number, and that attention over them is, to the bit, what it is over
** the same numbers as floats, rounded; also over a cache that was written for floats. Compiled with -DKERNELS_SOURCE="halves.c".
*/
#include KERNELS_SOURCE

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../runtime/narrow.h"
#include "../../runtime/random.h"
#include "../test.h"

enum { TRIES = 300000, CODES = 0x10000, HEADS = 4, KV = 2, D_K = 24, D_V = 37, QUERIES = 70, KEYS = 90, OFFSET = KEYS - QUERIES - 30 };
enum { Q = QUERIES * HEADS * D_K, K = KEYS * KV * D_K, V = KEYS * KV * D_V, O = QUERIES * HEADS * D_V, LSE = QUERIES * HEADS };

/* Conversions -------------------------------------------------------------------------------- */

static float any_float(struct random *random)
{
    static const float special[] = { 0.0f, -0.0f, INFINITY, -INFINITY, NAN, 65504.0f, 65519.99f, 65520.0f, -65536.0f, 3.4028235e38f, 1e-45f, -1e-40f };
    const int64_t kind = random_between(random, 0, 9);
    if (kind == 0)
        return special[random_between(random, 0, (int64_t)(sizeof special / sizeof *special) - 1)];
    return random_normal(random) * exp2f((float)(kind < 6 ? random_between(random, -28, 17) : random_between(random, -140, 127)));
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Every code is its number, which is that code again; between two codes the even one is the nearest. */
static void check_codes(enum narrow type, float (*from)(uint16_t), uint16_t (*to)(float))
{
    for (int i = 0; i < CODES; i++) {
        const uint16_t code = (uint16_t)i, next = (uint16_t)(code + 1);
        const float x = narrow_get(type, &code, 0), y = narrow_get(type, &next, 0);
        CHECK(same(from(code), x) && (to(x) == code || isnan(x)));
        if (isfinite(x) && isfinite(y))
            CHECK(to((float)(((double)x + (double)y) / 2)) == (code % 2 == 0 ? code : next));
    }
}

static void check_floats(enum narrow type, uint16_t (*to)(float))
{
    struct random random = random_start(21);
    for (int i = 0; i < TRIES; i++) {
        const float x = any_float(&random);
        uint16_t nearest;
        narrow_put(type, &nearest, 0, x);
        CHECK(to(x) == nearest || (isnan(x) && isnan(narrow_get(type, &(uint16_t){ to(x) }, 0))));
    }
}

static void halves_convert(void)
{
    check_codes(NARROW_F16, from_f16, to_f16);
    check_floats(NARROW_F16, to_f16);
}

static void upper_halves_convert(void)
{
    check_codes(NARROW_BF16, from_bf16, to_bf16);
    check_floats(NARROW_BF16, to_bf16);
}

/* The vector stores of a target give what one number at a time does, between any two codes too. */
#define CHECK_VECTORS(target, lanes) \
    KERNEL_##target void check_vectors_##target(void) \
    { \
        struct random random = random_start(23); \
        for (int i = 0; i < CODES + TRIES; i++) { \
            float x[lanes]; \
            uint16_t f16[lanes], bf16[lanes]; \
            for (int lane = 0; lane < lanes; lane++) \
                x[lane] = any_float(&random); \
            x[i % lanes] = i < CODES ? between_upper_halves((uint16_t)i) : x[i % lanes]; \
            vto_f16_##target(f16, vload_##target(x)); \
            vto_bf16_##target(bf16, vload_##target(x)); \
            for (int lane = 0; lane < lanes; lane++) \
                CHECK(same(from_f16(f16[lane]), from_f16(to_f16(x[lane]))) && bf16[lane] == to_bf16(x[lane])); \
        } \
    }

static float between_upper_halves(uint16_t code)
{
    const uint32_t bits = (uint32_t)code << 16 | 0x8000u;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

CHECK_VECTORS(scalar, 1)
#if defined(__x86_64__)
CHECK_VECTORS(avx2, 8)
CHECK_VECTORS(avx512, 16)
#endif

static void vectors_convert_as_numbers_do(void)
{
    check_vectors_scalar();
#if defined(__x86_64__)
    if (cpu_has_avx2())
        check_vectors_avx2();
    if (cpu_has_avx512())
        check_vectors_avx512();
#endif
}

/* Calls -------------------------------------------------------------------------------------- */

/* What is handed over as floats and as another type, both of the same numbers. */
struct given { enum narrow type; float q[Q], k[K], v[V]; unsigned char q_narrow[2 * Q], k_narrow[2 * K], v_narrow[2 * V]; };

struct made { unsigned char o[sizeof(float[O])]; float lse[LSE]; };

static void numbers_make(enum narrow type, float *as_float, void *as_narrow, int count, struct random *random)
{
    for (int i = 0; i < count; i++) {
        as_float[i] = narrow_round(type, random_normal(random));
        narrow_put(type, as_narrow, i, as_float[i]);
    }
}

static struct given *given_make(enum narrow type)
{
    struct given *given = calloc(1, sizeof *given);
    struct random random = random_start(22);
    given->type = type;
    numbers_make(type, given->q, given->q_narrow, Q, &random);
    numbers_make(type, given->k, given->k_narrow, K, &random);
    numbers_make(type, given->v, given->v_narrow, V, &random);
    return given;
}

static void *aligned(size_t bytes)
{
    return aligned_alloc(ATTN_ALIGNMENT, (bytes + 2 * ATTN_ALIGNMENT) / ATTN_ALIGNMENT * ATTN_ALIGNMENT);
}

static void phase_run(const struct attn_phase *phase, struct attn_args *args)
{
    void *scratch = aligned(phase->scratch_bytes);
    args->workspace = aligned(phase->workspace_bytes(args));
    attn_run_all(phase, args, scratch);
    free(args->workspace);
    free(scratch);
}

/* q, k and v as the attention takes them. */
static void args_give(struct attn_args *args, const struct attn_attention *attention, const struct given *given)
{
    const bool narrow = strcmp(attention->activations, "f32") != 0;
    args->q = narrow ? (const void *)given->q_narrow : given->q;
    args->k = narrow ? (const void *)given->k_narrow : given->k;
    args->v = narrow ? (const void *)given->v_narrow : given->v;
}

/* Keys first .. first + keys - 1 alone, which the owner writes. Queries before the first key see none. */
static void call_over(const struct attn_attention *owner, const struct attn_attention *attention, const struct given *given, int first,
                      int keys, bool decodes, struct made *made)
{
    int32_t position[KEYS];
    float rotation[KEYS * D_K];
    for (int i = 0; i < KEYS; i++)
        position[i] = i;
    attention->rotation(position, KEYS, rotation);
    struct attn_sequence sequence = {
        .k_row = first, .q_len = QUERIES, .q_offset = OFFSET - first, .k_len = keys, .kv_len = keys, .cache = aligned(attention->cache_bytes(KEYS)), .capacity = KEYS
    };
    struct attn_args args = {
        .sequence = &sequence, .sequences = 1, .q_stride = HEADS * D_K, .q_head_stride = D_K, .k_stride = KV * D_K, .k_head_stride = D_K,
        .v_stride = KV * D_V, .v_head_stride = D_V, .o_stride = HEADS * D_V, .o_head_stride = D_V, .o = made->o, .lse = made->lse, .lse_stride = HEADS,
        .q_rotation = rotation, .k_rotation = rotation
    };
    args_give(&args, owner, given);
    phase_run(&owner->write, &args);
    args_give(&args, attention, given);
    args.k = args.v = args.k_rotation = NULL;
    sequence.k_len = 0;
    phase_run(decodes ? &attention->decode : &attention->prefill, &args);
    free(sequence.cache);
}

static void call(const struct attn_attention *attention, const struct given *given, int first, int keys, bool decodes, struct made *made)
{
    call_over(attention, attention, given, first, keys, decodes, made);
}

/* Whether o of the narrow call is o of the float one, rounded, and lse the same. */
static void check_rounded(enum narrow type, const struct made *found, const struct made *expected)
{
    for (int i = 0; i < O; i++)
        CHECK(same(narrow_get(type, found->o, i), narrow_round(type, narrow_get(NARROW_F32, expected->o, i))));
    CHECK(memcmp(found->lse, expected->lse, sizeof found->lse) == 0);
}

/* Two parts of the keys merge as they do in float when they were rounded before. */
static void check_merge(const struct attn_attention *narrow, const struct attn_attention *wide, const struct given *given)
{
    static struct made part[2], floats[2];
    for (int i = 0; i < 2; i++) {
        call(narrow, given, i == 0 ? 0 : KEYS / 3, i == 0 ? KEYS / 3 : KEYS - KEYS / 3, false, &part[i]);
        memcpy(floats[i].lse, part[i].lse, sizeof part[i].lse);
        for (int n = 0; n < O; n++)
            narrow_put(NARROW_F32, floats[i].o, n, narrow_get(given->type, part[i].o, n));
    }
    narrow->merge(LSE, part[0].o, part[0].lse, part[1].o, part[1].lse);
    wide->merge(LSE, floats[0].o, floats[0].lse, floats[1].o, floats[1].lse);
    check_rounded(given->type, &part[0], &floats[0]);
}

/* A part whose keys weigh nothing beside the others changes no bit, however often: errors of merges must not lean to one side. */
static void check_merge_of_nothing(const struct attn_attention *attention, const struct made *whole)
{
    static struct made merged, nothing;
    merged = nothing = *whole;
    for (int i = 0; i < LSE; i++)
        nothing.lse[i] -= 100.0f;
    for (int i = 0; i < 100; i++)
        attention->merge(LSE, merged.o, merged.lse, nothing.o, nothing.lse);
    CHECK(memcmp(&merged, whole, sizeof merged) == 0);
}

static const struct attn_attention *attention_of(enum narrow type, int target)
{
    int definition = 0;
    while (strcmp(halves_kernels.all[definition * halves_kernels.targets + target]->activations, narrow_name(type)) != 0)
        definition++;
    return halves_kernels.all[definition * halves_kernels.targets + target];
}

static void check_target(int target)
{
    static struct made found, expected;
    for (enum narrow type = NARROW_F16; type < NARROWS; type++) {
        const struct attn_attention *wide = attention_of(NARROW_F32, target), *narrow = attention_of(type, target);
        struct given *given = given_make(type);
        for (int decodes = 0; decodes < 2; decodes++) {
            call(wide, given, 0, KEYS, decodes, &expected);
            call(narrow, given, 0, KEYS, decodes, &found);
            check_rounded(given->type, &found, &expected);
        }
        CHECK(isnan(narrow_get(given->type, found.o, 0)) && found.lse[0] == -INFINITY);      /* sees no key */
        check_merge(narrow, wide, given);
        check_merge_of_nothing(wide, &expected);
        free(given);
    }
}

static void calls_are_those_of_floats_rounded(void)
{
    for (int target = 0; target < halves_kernels.targets; target++)
        if (halves_kernels.supported[target]())
            check_target(target);
        else
            printf("skip calls on %s: this CPU does not have it\n", halves_kernels.all[target]->target);
}

/* The table says which layer reads whose cache; such a call has no new keys, and the bits that it has over its own cache. */
static void a_layer_reads_the_cache_of_another(void)
{
    const int32_t layers = halves_kernels.layers;
    const struct attn_layer *last = &halves_kernels.layer[layers - 1], *owner = &halves_kernels.layer[last->cache];
    static struct made own, shared;
    CHECK(layers == 4 && last->cache == 0 && owner->cache == 0 && halves_kernels.layer[2].cache == 2);
    const struct attn_attention *writes = halves_kernels.attention[owner->attention](), *reads = halves_kernels.attention[last->attention]();
    CHECK(strcmp(writes->activations, "f32") == 0 && strcmp(reads->activations, "f16") == 0);
    struct given *given = given_make(NARROW_F16);
    for (int decodes = 0; decodes < 2; decodes++) {
        call(reads, given, 0, KEYS, decodes, &own);
        call_over(writes, reads, given, 0, KEYS, decodes, &shared);
        CHECK(memcmp(own.o, shared.o, 2 * O) == 0 && memcmp(own.lse, shared.lse, sizeof own.lse) == 0);
    }
    free(given);
}

int main(void)
{
    RUN(halves_convert);
    RUN(upper_halves_convert);
    RUN(vectors_convert_as_numbers_do);
    RUN(calls_are_those_of_floats_rounded);
    RUN(a_layer_reads_the_cache_of_another);
    return test_end();
}
