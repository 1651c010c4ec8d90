/*
** Arrays of normal random numbers. Decode and append walk through several caches, so that they read from
** memory and not from the last-level cache.
*/
#include "bench.h"

#include "bench_array.h"
#include "machine.h"
#include "narrow.h"
#include "random.h"
#include "seconds.h"

enum { RING_UNIT = 64 };                  /* keys, as the contract has it */

/* Arrays --------------------------------------------------------------------------------------- */

static float *random_rows(struct bench *b, int64_t rows, int64_t width, struct random *random, struct problem *problem)
{
    float *values = memory_take_large(&b->memory, (size_t)(rows * width), sizeof *values, problem);
    for (int64_t i = 0; values != NULL && i < rows * width; i++)
        values[i] = random_normal(random);
    return values;
}

/* The same as the definition's activations have them. */
static void *activation_rows(struct bench *b, int64_t rows, int64_t width, struct random *random, struct problem *problem)
{
    const enum narrow type = narrow_find(b->setting.attention->activations);
    void *values = memory_take_large(&b->memory, (size_t)(rows * width), narrow_bytes(type), problem);
    for (int64_t i = 0; values != NULL && i < rows * width; i++)
        narrow_put(type, values, i, random_normal(random));
    return values;
}

/* Of positions first .. first + count - 1, as often as there are sequences. */
static float *rotation_rows(struct bench *b, int32_t first, int32_t count, int32_t sequences, struct problem *problem)
{
    const int32_t rows = count * sequences;
    const struct attn_attention *a = b->setting.attention;
    if (a->rotation_floats == 0)
        return NULL;
    int32_t *position = memory_take(&b->memory, (size_t)rows, sizeof *position, problem);
    float *rotation = memory_take(&b->memory, (size_t)rows * (size_t)a->rotation_floats, sizeof *rotation, problem);
    if (position == NULL || rotation == NULL)
        return NULL;
    for (int32_t i = 0; i < rows; i++)
        position[i] = first + i % count;
    a->rotation(position, rows, rotation);
    return rotation;
}

static void set_strides(struct attn_args *args, const struct attn_attention *a)
{
    args->q_stride = (int64_t)a->heads * a->d_k;
    args->k_stride = (int64_t)a->kv_heads * a->d_k;
    args->v_stride = (int64_t)a->kv_heads * a->d_v;
    args->o_stride = (int64_t)a->heads * a->d_v;
    args->q_head_stride = args->k_head_stride = a->d_k;
    args->v_head_stride = args->o_head_stride = a->d_v;
}

/* By its number in the layer before pruning, which sinks and norms go by. */
static int32_t last_head(const struct attn_attention *a)
{
    return a->head == NULL ? a->heads - 1 : a->head[a->heads - 1];
}

static bool take_arrays(struct bench *b, struct problem *problem)
{
    const struct attn_attention *a = b->setting.attention;
    if (narrow_find(a->activations) == NARROWS)
        return problem_set(problem, "activations are %.40s, which bench does not know", a->activations);
    const int32_t q = b->setting.q, kv = b->setting.kv, rows = q * b->setting.sharing;
    struct random random = random_start(1);
    struct attn_args *args = &b->args;
    float *given = random_rows(b, last_head(a) + 1, a->d_k, &random, problem);     /* what of it a definition asks for */
    set_strides(args, a);
    args->q = activation_rows(b, rows, args->q_stride, &random, problem);
    args->k = activation_rows(b, kv, args->k_stride, &random, problem);
    args->v = activation_rows(b, kv, args->v_stride, &random, problem);
    args->o = activation_rows(b, rows, args->o_stride, &random, problem);
    args->sink = args->q_norm_weight = args->q_norm_bias = args->k_norm_weight = args->k_norm_bias = given;
    args->q_rotation = rotation_rows(b, kv - q, q, b->setting.sharing, problem);
    args->k_rotation = rotation_rows(b, 0, kv, 1, problem);
    args->sequence = &b->sequence;
    args->sequences = 1;
    const bool rotated = a->rotation_floats == 0 || (args->q_rotation != NULL && args->k_rotation != NULL);
    return args->q != NULL && args->k != NULL && args->v != NULL && args->o != NULL && given != NULL && rotated;
}

/* Room for all keys, in the units that the layout has. */
static int64_t capacity_of(const struct bench_case *setting)
{
    const struct attn_attention *a = setting->attention;
    const int64_t unit = a->page_tokens > 0 ? a->page_tokens : RING_UNIT;
    const int64_t keys = a->ring_reach >= 0 ? (int64_t)a->ring_reach + setting->kv + RING_UNIT : setting->kv;
    return a->page_tokens > 0 || a->ring_reach >= 0 ? (keys + unit - 1) / unit * unit : keys;
}

/* Pages in order, where the layout has pages. */
static bool take_pages(struct bench *b, struct problem *problem)
{
    const int32_t tokens = b->setting.attention->page_tokens;
    if (tokens == 0)
        return true;
    const int32_t count = (int32_t)(b->sequence.capacity / tokens);
    int32_t *pages = memory_take(&b->memory, (size_t)count, sizeof *pages, problem);
    for (int32_t i = 0; pages != NULL && i < count; i++)
        pages[i] = i;
    b->sequence.pages = pages;
    return pages != NULL;
}

/* As many caches as decode and append need to read from memory, in one piece, all written. */
static bool take_caches(struct bench *b, struct problem *problem)
{
    const struct attn_attention *a = b->setting.attention;
    const size_t bytes = (a->cache_bytes(b->sequence.capacity) + ATTN_ALIGNMENT - 1) / ATTN_ALIGNMENT * ATTN_ALIGNMENT;
    b->cache_stride = bytes;
    b->cache_count = b->setting.phase == BENCH_DECODE || b->setting.phase == BENCH_APPEND ? (int)(machine_cold_bytes() / bytes) + 1 : 1;
    b->caches = memory_take_large(&b->memory, (size_t)b->cache_count, bytes, problem);
    for (int i = 0; b->caches != NULL && i < b->cache_count; i++) {
        b->sequence.cache = b->caches + (size_t)i * bytes;
        pool_run_phase(b->pool, &a->write, &b->args);
    }
    return b->caches != NULL;
}

/* The sequences, each with the queries behind those of the one before. */
static bool take_sequences(struct bench *b, struct problem *problem)
{
    const int32_t count = b->setting.sharing;
    b->sharing = memory_take(&b->memory, (size_t)count, sizeof *b->sharing, problem);
    for (int32_t i = 0; b->sharing != NULL && i < count; i++) {
        b->sharing[i] = b->sequence;
        b->sharing[i].q_row = (int64_t)i * b->setting.q;
        b->sharing[i].shared = i > 0 ? b->setting.kv : 0;
    }
    b->args.sequence = b->sharing;
    b->args.sequences = count;
    return b->sharing != NULL;
}

/* The whole ------------------------------------------------------------------------------------- */

static const struct attn_phase *phase_of(const struct bench_case *setting)
{
    const struct attn_attention *a = setting->attention;
    return setting->phase == BENCH_WRITE ? &a->write : setting->phase == BENCH_DECODE ? &a->decode : &a->prefill;
}

static size_t largest_scratch(const struct attn_attention *a)
{
    size_t bytes = a->write.scratch_bytes;
    bytes = a->prefill.scratch_bytes > bytes ? a->prefill.scratch_bytes : bytes;
    return a->decode.scratch_bytes > bytes ? a->decode.scratch_bytes : bytes;
}

static void share_arrays(struct bench *b, const struct bench *like)
{
    b->args = like->args;
    b->args.sequence = &b->sequence;
    b->caches = like->caches;
    b->cache_stride = like->cache_stride;
    b->cache_count = like->cache_count;
    b->next_cache = like->next_cache;
}

bool bench_create(struct bench *b, const struct bench_case *setting, const struct bench *like, struct problem *problem)
{
    *b = (struct bench){ .setting = *setting, .next_cache = &b->own_next };
    memory_begin(&b->memory, NULL);
    b->sequence = (struct attn_sequence){
        .q_len = setting->q, .q_offset = setting->kv - setting->q, .k_len = setting->kv, .kv_len = setting->kv,
        .capacity = capacity_of(setting)
    };
    b->pool = pool_create(setting->threads, largest_scratch(setting->attention), &b->memory, problem);
    if (like != NULL)
        share_arrays(b, like);
    if (b->pool == NULL || !take_pages(b, problem)
        || (like == NULL && (!take_arrays(b, problem) || !bench_arrays_take(b, problem) || !take_caches(b, problem))))
        return false;
    if (!take_sequences(b, problem))
        return false;
    b->workspace_bytes = phase_of(setting)->workspace_bytes(&b->args);
    if (b->workspace_bytes > 0)
        b->args.workspace = memory_take_large(&b->memory, b->workspace_bytes, 1, problem);
    return b->workspace_bytes == 0 || b->args.workspace != NULL;
}

void bench_destroy(struct bench *b)
{
    pool_destroy(b->pool);
    memory_release(&b->memory);
}

void bench_run(struct bench *b)
{
    for (int32_t i = 0; i < b->setting.sharing; i++)
        b->sharing[i].cache = b->caches + (size_t)*b->next_cache * b->cache_stride;
    *b->next_cache = (*b->next_cache + 1) % b->cache_count;
    pool_run_phase(b->pool, phase_of(&b->setting), &b->args);
}

double bench_seconds(const struct bench *b)
{
    return b->setting.threads == 1 ? machine_thread_seconds() : seconds_now();
}
