/*
** Emitted kernels in a program of one's own: a prompt is prefilled, further tokens are decoded one at
** a time, and every output is compared with attention written as plain loops in double.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mine.h"

enum { HEADS = 6, KV_HEADS = 2, GROUP = HEADS / KV_HEADS, D = 32, PROMPT = 150, STEPS = 20, TOKENS = PROMPT + STEPS };

struct problem {
    float q[TOKENS][HEADS][D];
    float k[TOKENS][KV_HEADS][D];
    float v[TOKENS][KV_HEADS][D];
    float o[TOKENS][HEADS][D];
    void *cache;
};

/* Memory for kernels: aligned, and never 0 bytes. */
static void *memory(size_t bytes)
{
    void *memory = aligned_alloc(ATTN_ALIGNMENT, (bytes / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

/* Numbers between -1 and 1, always the same. */
static void fill(float *x, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
    }
}

/* (count, rotation_floats): the cosines and sines of `count` positions from `first` on. */
static float *rotation(const struct attn_attention *attention, int32_t first, int32_t count)
{
    float *rows = memory((size_t)count * (size_t)attention->rotation_floats * sizeof(float));
    int32_t *position = memory((size_t)count * sizeof *position);
    for (int32_t i = 0; i < count; i++)
        position[i] = first + i;
    attention->rotation(position, count, rows);
    free(position);
    return rows;
}

/* All tasks of a phase, in this thread; any thread pool could run them. */
static void run(const struct attn_phase *phase, struct attn_args *args)
{
    void *scratch = memory(phase->scratch_bytes);
    args->workspace = memory(phase->workspace_bytes(args));
    for (int pass = 0; pass < phase->passes; pass++)
        for (int64_t task = 0; task < phase->tasks(args, pass); task++)
            phase->run(args, pass, task, scratch);
    free(args->workspace);
    free(scratch);
}

/* o of tokens first .. first + count - 1, whose k and v join the cache. */
static void attend(const struct attn_attention *attention, struct problem *problem, int32_t first, int32_t count)
{
    const struct attn_sequence sequence = {
        .q_len = count, .q_offset = first, .k_len = count, .kv_len = first + count,
        .cache = problem->cache, .capacity = TOKENS
    };
    float *turns = rotation(attention, first, count);
    struct attn_args args = {
        .sequence = &sequence, .sequences = 1,
        .q = problem->q[first][0], .q_stride = HEADS * D, .q_head_stride = D,
        .k = problem->k[first][0], .k_stride = KV_HEADS * D, .k_head_stride = D,
        .v = problem->v[first][0], .v_stride = KV_HEADS * D, .v_head_stride = D,
        .o = problem->o[first][0], .o_stride = HEADS * D, .o_head_stride = D,
        .q_rotation = turns, .k_rotation = turns
    };
    run(&attention->write, &args);
    run(count == 1 ? &attention->decode : &attention->prefill, &args);
    free(turns);
}

/* y = x turned by RoPE for a token's position. */
static void turn(const float *x, int position, double *y)
{
    for (int i = 0; i < D / 2; i++) {
        const double angle = position * pow(10000.0, -2.0 * i / D), low = x[i], high = x[i + D / 2];
        y[i] = low * cos(angle) - high * sin(angle);
        y[i + D / 2] = high * cos(angle) + low * sin(angle);
    }
}

/* exp(scale q k) of one pair. */
static double weight(const struct problem *problem, int token, int head, int key)
{
    double q[D], k[D], score = 0.0;
    turn(problem->q[token][head], token, q);
    turn(problem->k[key][head / GROUP], key, k);
    for (int i = 0; i < D; i++)
        score += q[i] * k[i];
    return exp(score / sqrt(D));
}

/* The largest error of one head of one token. */
static double error(const struct problem *problem, int token, int head)
{
    double o[D] = { 0.0 }, sum = 0.0, largest = 0.0;
    for (int key = 0; key <= token; key++) {
        const double p = weight(problem, token, head, key);
        sum += p;
        for (int i = 0; i < D; i++)
            o[i] += p * (double)problem->v[key][head / GROUP][i];
    }
    for (int i = 0; i < D; i++)
        largest = fmax(largest, fabs(o[i] / sum - (double)problem->o[token][head][i]));
    return largest;
}

static double largest_error(const struct problem *problem)
{
    double largest = 0.0;
    for (int token = 0; token < TOKENS; token++)
        for (int head = 0; head < HEADS; head++)
            largest = fmax(largest, error(problem, token, head));
    return largest;
}

int main(void)
{
    const struct attn_attention *attention = mine_attention();
    struct problem *problem = memory(sizeof *problem);
    problem->cache = memory(attention->cache_bytes(TOKENS));
    fill(problem->q[0][0], TOKENS * HEADS * D, 1);
    fill(problem->k[0][0], TOKENS * KV_HEADS * D, 2);
    fill(problem->v[0][0], TOKENS * KV_HEADS * D, 3);

    attend(attention, problem, 0, PROMPT);
    for (int token = PROMPT; token < TOKENS; token++)
        attend(attention, problem, token, 1);

    const double largest = largest_error(problem);
    printf("%s: %d tokens prefilled, %d decoded, largest error %.1e\n", attention->target, PROMPT, STEPS, largest);
    free(problem->cache);
    free(problem);
    return largest < 1e-5 ? 0 : 1;
}
