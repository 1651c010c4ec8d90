#include "check_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Memory of a run ---------------------------------------------------------------------------- */

static struct guarded guarded_poisoned(size_t bytes, struct random *random)
{
    const enum guard_side side = random_between(random, 0, 3) == 0 ? GUARD_START : GUARD_END;
    struct guarded guarded = guarded_create(bytes, ATTN_ALIGNMENT, side);
    guarded_fill(&guarded, TRIAL_NAN);
    return guarded;
}

static struct guarded rotation_create(const struct attn_attention *attention, const int32_t *position, int64_t rows)
{
    const size_t floats = (size_t)rows * (size_t)attention->rotation_floats;
    struct guarded guarded = guarded_create(floats * sizeof(float), sizeof(float), GUARD_END);
    if (attention->rotation_floats > 0)
        attention->rotation(position, rows, (float *)(void *)guarded.data);
    return guarded;
}

static int32_t rounded_up(int64_t number, int32_t multiple)
{
    return (int32_t)((number + multiple - 1) / multiple) * multiple;
}

/* 0 .. count - 1, in a random order, or in theirs without random. */
static int64_t *check_order(struct random *random, int64_t count)
{
    int64_t *order = check_memory((size_t)count, sizeof *order);
    for (int64_t i = 0; i < count; i++) {
        const int64_t other = random != NULL ? random_between(random, 0, i) : i;
        order[i] = order[other];
        order[other] = i;
    }
    return order;
}

/* A pool with more pages than the sequences need, of which each gets some, in no order. */
static void pages_create(struct run *run)
{
    const int32_t tokens = run->attention->page_tokens;
    int32_t needed[TRIAL_SEQUENCES], count = (int32_t)random_between(run->random, 0, 3), next = 0;
    for (int32_t b = 0; b < run->trial->sequences; b++) {
        needed[b] = rounded_up(run->sequence[b].capacity, tokens) / tokens;
        count += needed[b];
    }
    int64_t *order = check_order(run->random, count);
    run->cache[0] = guarded_poisoned(run->attention->cache_bytes((int64_t)count * tokens), run->random);
    for (int32_t b = 0; b < run->trial->sequences; b++) {
        run->pages[b] = guarded_create((size_t)needed[b] * sizeof(int32_t), sizeof(int32_t), GUARD_END);
        int32_t *pages = (int32_t *)(void *)run->pages[b].data;
        for (int32_t i = 0; i < needed[b]; i++)
            pages[i] = (int32_t)order[next++];
        run->sequence[b].pages = pages;
        run->sequence[b].cache = run->cache[0].data;
    }
    free(order);
}

static void caches_create(struct run *run)
{
    const bool ring = run->attention->ring_reach >= 0;
    for (int32_t b = 0; b < run->trial->sequences; b++) {
        struct attn_sequence *sequence = &run->sequence[b];
        if (ring)
            sequence->capacity = rounded_up(run->attention->ring_reach + (int64_t)run->chunk + 64, 64);
        run->cache[b] = guarded_poisoned(run->attention->cache_bytes(sequence->capacity), run->random);
        sequence->cache = run->cache[b].data;
    }
}

static void caches_destroy(struct run *run)
{
    for (int32_t b = 0; b < run->trial->sequences; b++) {
        guarded_destroy(&run->cache[b]);
        guarded_destroy(&run->pages[b]);
    }
}

void run_use_small_ring(struct run *run)
{
    if (run->attention->ring_reach < 0)
        return;
    run->chunk = (int32_t)random_between(run->random, 1, 70);
    caches_destroy(run);
    caches_create(run);
}

void run_share(struct run *run, const struct run *owner)
{
    for (int32_t b = 0; b < run->trial->sequences; b++) {
        run->sequence[b] = owner->sequence[b];
        run->sequence[b].k_len = 0;
    }
    run->without_keys = true;
}

void run_create(struct run *run, const struct trial *trial, const struct attn_attention *attention,
                struct random *random)
{
    *run = (struct run){ .trial = trial, .attention = attention, .random = random, .chunk = 1 };
    for (int32_t b = 0; b < trial->sequences; b++) {
        run->sequence[b] = trial->sequence[b];
        run->chunk = trial->sequence[b].kv_len > run->chunk ? trial->sequence[b].kv_len : run->chunk;
    }
    if (attention->page_tokens > 0)
        pages_create(run);
    else
        caches_create(run);
    run->q_rotation = rotation_create(attention, trial->q_position, trial->q.rows);
    run->k_rotation = rotation_create(attention, trial->k_position, trial->k.rows);
    const enum narrow type = (enum narrow)trial->line->activations;
    run->q = strided_convert(&trial->q, type);
    run->k = strided_convert(&trial->k, type);
    run->v = strided_convert(&trial->v, type);
    run->o = strided_create(trial->q.rows, attention->heads, attention->d_v, type, RUN_UNWRITTEN, random);
    run->lse = strided_create(trial->q.rows, 1, attention->heads, NARROW_F32, RUN_UNWRITTEN, random);
    if (trial->expected.matrix != NULL)
        run->matrix = strided_create(trial->q.rows, attention->matrix_heads, trial_keys(trial), NARROW_F32, RUN_UNWRITTEN, random);
    if (trial->expected.column_sums != NULL)
        run->column_sums = strided_create(trial->sequences, attention->heads, trial_keys(trial), NARROW_F32, RUN_UNWRITTEN, random);
}

void run_destroy(struct run *run)
{
    caches_destroy(run);
    guarded_destroy(&run->q_rotation);
    guarded_destroy(&run->k_rotation);
    guarded_destroy(&run->q.memory);
    guarded_destroy(&run->k.memory);
    guarded_destroy(&run->v.memory);
    guarded_destroy(&run->o.memory);
    guarded_destroy(&run->lse.memory);
    guarded_destroy(&run->matrix.memory);
    guarded_destroy(&run->column_sums.memory);
}

/* Kernels at work ---------------------------------------------------------------------------- */

static struct attn_args run_args(const struct run *run, const struct attn_sequence *sequence, int32_t sequences)
{
    struct attn_args args = trial_args(run->trial, sequence, sequences);
    args.q = run->q.memory.data;
    args.k = run->k.memory.data;
    args.v = run->v.memory.data;
    args.o = run->o.memory.data;
    args.o_stride = run->o.stride;
    args.o_head_stride = run->o.head_stride;
    args.lse = run->without_lse ? NULL : strided_row(&run->lse, 0, 0);
    args.lse_stride = run->lse.stride;
    args.matrix = (float *)(void *)run->matrix.memory.data;
    args.matrix_stride = run->matrix.stride;
    args.matrix_head_stride = run->matrix.head_stride;
    args.column_sums = (float *)(void *)run->column_sums.memory.data;
    args.column_sums_stride = run->column_sums.stride;
    args.column_sums_head_stride = run->column_sums.head_stride;
    args.q_rotation = (const float *)(const void *)run->q_rotation.data;
    args.k_rotation = (const float *)(const void *)run->k_rotation.data;
    if (run->without_keys) {
        args.k = args.v = NULL;
        args.k_rotation = args.k_norm_weight = args.k_norm_bias = NULL;
    }
    return args;
}

static void run_pass(struct run *run, const struct attn_phase *phase, const struct attn_args *args, int pass)
{
    const int64_t tasks = phase->tasks(args, pass);
    int64_t *order = check_order(run->shuffled ? run->random : NULL, tasks);
    struct guarded scratch = guarded_poisoned(phase->scratch_bytes, run->random);
    for (int64_t i = 0; i < tasks; i++) {
        if (run->shuffled)
            guarded_fill(&scratch, TRIAL_NAN);
        phase->run(args, pass, order[i], scratch.data);
    }
    if (!guarded_intact(&scratch))
        run->damage = "beside the scratch";
    guarded_destroy(&scratch);
    free(order);
}

void run_phase(struct run *run, const struct attn_phase *phase, const struct attn_sequence *sequence, int32_t sequences)
{
    struct attn_args args = run_args(run, sequence, sequences);
    struct guarded workspace = guarded_poisoned(phase->workspace_bytes(&args), run->random);
    args.workspace = workspace.data;
    for (int pass = 0; pass < phase->passes; pass++)
        run_pass(run, phase, &args, pass);
    if (!guarded_intact(&workspace))
        run->damage = "beside the workspace";
    guarded_destroy(&workspace);
}

void run_write(struct run *run)
{
    run_phase(run, &run->attention->write, run->sequence, run->trial->sequences);
}

/* What came out ------------------------------------------------------------------------------ */

/* In the whole memory. */
static int64_t written_anywhere(const struct strided *from)
{
    return strided_written(from, 0, 0, (int64_t)(from->memory.bytes / narrow_bytes(from->type)), RUN_UNWRITTEN);
}

/*
** Copies the rows of the sequences to the dense array `to`. Nothing else was written when the rows hold as many
** written numbers as the whole memory does, and all of them when that is their size.
*/
static bool output_take(const struct trial *trial, const struct strided *from, float *to)
{
    int64_t expected = 0, written = 0;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int64_t i = 0; i < trial->sequence[b].q_len; i++)
            for (int head = 0; head < from->heads; head++) {
                const int64_t row = trial->sequence[b].q_row + i;
                strided_read(from, row, head, to + (row * from->heads + head) * from->width);
                expected += from->width;
                written += strided_written(from, row, head, from->width, RUN_UNWRITTEN);
            }
    const int64_t everywhere = written_anywhere(from);
    return written == expected && everywhere == expected && guarded_intact(&from->memory);
}

/* The first kv_len numbers of each head: of the rows of queries, or of one row a sequence. */
static bool keys_take(const struct trial *trial, const struct strided *from, bool by_query, float *to)
{
    int64_t expected = 0, written = 0;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int64_t i = 0; i < (by_query ? trial->sequence[b].q_len : 1); i++)
            for (int head = 0; head < from->heads; head++) {
                const int32_t keys = trial->sequence[b].kv_len;
                const int64_t row = by_query ? trial->sequence[b].q_row + i : b;
                const float *values = strided_row(from, row, head);
                memcpy(to + (row * from->heads + head) * from->width, values, (size_t)keys * sizeof *to);
                expected += keys;
                written += strided_written(from, row, head, keys, RUN_UNWRITTEN);
            }
    const int64_t everywhere = written_anywhere(from);
    return written == expected && everywhere == expected && guarded_intact(&from->memory);
}

bool run_outputs(struct run *run, struct result *result)
{
    if (result->matrix != NULL && !keys_take(run->trial, &run->matrix, true, result->matrix))
        run->damage = "not exactly the matrix";
    if (result->column_sums != NULL && !keys_take(run->trial, &run->column_sums, false, result->column_sums))
        run->damage = "not exactly the column sums";
    return run->damage == NULL;
}

bool run_result(struct run *run, struct result *result)
{
    for (int32_t b = 0; b < run->trial->sequences; b++)
        if (!guarded_intact(&run->cache[b]))
            run->damage = "beside a cache";
    if (!output_take(run->trial, &run->o, result->o))
        run->damage = "not exactly the rows of o";
    if (!run->without_lse && !output_take(run->trial, &run->lse, result->lse))
        run->damage = "not exactly the rows of lse";
    return run->damage == NULL;
}
