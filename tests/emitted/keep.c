/*
** A pruned layer is the whole layer with heads left out: what is left of o and lse has the same bits, and neither
** work nor cache is spent on the rest. Compiled with -DKERNELS_HEADER="keep.h".
*/
#include <stdlib.h>

#include "../../runtime/random.h"
#include "../test.h"
#include KERNELS_HEADER

enum { HEADS = 12, KV_HEADS = 4, LEFT = 6, KV_LEFT = 3, D_K = 20, D_V = 13, ROWS = 150, CAPACITY = 192 };

static const int32_t left[LEFT] = { 0, 2, 3, 4, 5, 11 }, kv_left[KV_LEFT] = { 0, 1, 3 };

/* The whole layer's rows, what its heads are given, and what comes out, of the whole or in its heads left. */
static float q[ROWS][HEADS][D_K], k[ROWS][KV_HEADS][D_K], v[ROWS][KV_HEADS][D_V];
static float sink[HEADS], q_weight[HEADS][D_K], k_weight[KV_HEADS][D_K];
static float o[2][ROWS][HEADS][D_V], lse[2][ROWS][HEADS];

static void fill(float *values, size_t count, struct random *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = random_normal(random);
}

static void phase_run(const struct attn_phase *phase, struct attn_args *args)
{
    const size_t workspace = (phase->workspace_bytes(args) / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT;
    const size_t size = (phase->scratch_bytes / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT;
    void *scratch = aligned_alloc(ATTN_ALIGNMENT, size);
    args->workspace = aligned_alloc(ATTN_ALIGNMENT, workspace);
    for (int pass = 0; pass < phase->passes; pass++)
        for (int64_t task = 0; task < phase->tasks(args, pass); task++)
            phase->run(args, pass, task, scratch);
    free(args->workspace);
    free(scratch);
}

/* Rows of the heads left, one behind another: (rows, count, width) from (rows, heads, width). */
static const float *rows_left(float *to, const float *from, const int32_t *list, int count, int heads, int width)
{
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < count; i++)
            memcpy(to + (row * count + i) * width, from + (row * heads + list[i]) * width, (size_t)width * sizeof *to);
    return to;
}

static void attend(const struct attn_attention *a, bool decode, int which)
{
    static float q_left[ROWS * LEFT * D_K], k_left[ROWS * KV_LEFT * D_K], v_left[ROWS * KV_LEFT * D_V];
    const bool pruned = a->head != NULL;
    struct attn_sequence sequence = {
        .q_len = ROWS, .k_len = ROWS, .kv_len = ROWS, .capacity = CAPACITY, .cache = aligned_alloc(ATTN_ALIGNMENT, a->cache_bytes(CAPACITY))
    };
    struct attn_args args = {
        .sequence = &sequence, .sequences = 1, .q_stride = a->heads * D_K, .q_head_stride = D_K, .k_stride = a->kv_heads * D_K,
        .k_head_stride = D_K, .v_stride = a->kv_heads * D_V, .v_head_stride = D_V, .o = o[which][0][0], .o_stride = HEADS * D_V,
        .o_head_stride = D_V, .lse = lse[which][0], .lse_stride = HEADS, .sink = sink, .q_norm_weight = q_weight[0], .k_norm_weight = k_weight[0]
    };
    args.q = pruned ? rows_left(q_left, q[0][0], left, LEFT, HEADS, D_K) : q[0][0];
    args.k = pruned ? rows_left(k_left, k[0][0], kv_left, KV_LEFT, KV_HEADS, D_K) : k[0][0];
    args.v = pruned ? rows_left(v_left, v[0][0], kv_left, KV_LEFT, KV_HEADS, D_V) : v[0][0];
    phase_run(&a->write, &args);
    phase_run(decode ? &a->decode : &a->prefill, &args);
    free(sequence.cache);
}

static void check_left(bool decode)
{
    struct random random = random_start(3);
    bool same = true;
    fill(q[0][0], sizeof q / sizeof(float), &random);
    fill(k[0][0], sizeof k / sizeof(float), &random);
    fill(v[0][0], sizeof v / sizeof(float), &random);
    fill(sink, HEADS, &random);
    fill(q_weight[0], HEADS * D_K, &random);
    fill(k_weight[0], KV_HEADS * D_K, &random);
    attend(keep_whole(), decode, 0);
    attend(keep_pruned(), decode, 1);
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < LEFT; i++)
            same = same && memcmp(o[1][row][i], o[0][row][left[i]], sizeof o[0][0][0]) == 0
                && memcmp(&lse[1][row][i], &lse[0][row][left[i]], sizeof lse[0][0][0]) == 0;
    CHECK(same);
}

static void heads_left_are_those_of_the_whole_layer(void)
{
    check_left(false);
    check_left(true);
}

static void the_table_says_which_heads_are_left(void)
{
    const struct attn_attention *whole = keep_whole(), *pruned = keep_pruned();
    CHECK(whole->heads == HEADS && whole->kv_heads == KV_HEADS && whole->head == NULL && whole->kv_head == NULL);
    if (CHECK(pruned->heads == LEFT && pruned->kv_heads == KV_LEFT))
        CHECK(memcmp(pruned->head, left, sizeof left) == 0 && memcmp(pruned->kv_head, kv_left, sizeof kv_left) == 0);
}

static void pruned_heads_cost_nothing(void)
{
    const struct attn_attention *whole = keep_whole(), *pruned = keep_pruned();
    const struct attn_sequence sequence = { .q_len = 1, .k_len = 1, .kv_len = ROWS }, prompt = { .q_len = ROWS, .k_len = ROWS, .kv_len = ROWS };
    const struct attn_args args = { .sequence = &sequence, .sequences = 1 }, first = { .sequence = &prompt, .sequences = 1 };
    CHECK(pruned->cache_bytes(CAPACITY) * KV_HEADS == whole->cache_bytes(CAPACITY) * KV_LEFT);
    CHECK(pruned->prefill.tasks(&first, 0) * HEADS == whole->prefill.tasks(&first, 0) * LEFT);
    CHECK(pruned->decode.tasks(&args, 0) * KV_HEADS == whole->decode.tasks(&args, 0) * KV_LEFT);
    CHECK(pruned->decode.workspace_bytes(&args) * HEADS == whole->decode.workspace_bytes(&args) * LEFT);
}

int main(void)
{
    RUN(heads_left_are_those_of_the_whole_layer);
    RUN(the_table_says_which_heads_are_left);
    RUN(pruned_heads_cost_nothing);
    return test_end();
}
