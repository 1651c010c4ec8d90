/*
** Emitted kernels on a thread pool: a ragged batch gives the same bits with one thread and with
** four, in prefill and in decode. Made to be run under the thread sanitizer too.
** Compiled with -DKERNELS_HEADER="<name>.h" -DKERNELS=<name>_kernels.
*/
#include <stdlib.h>

#include "../../runtime/narrow.h"
#include "../../runtime/pool.h"
#include "../../runtime/random.h"
#include "../test.h"
#include KERNELS_HEADER

enum { SEQUENCES = 3, ROWS = 1500 };

static const int32_t lengths[SEQUENCES] = { 1300, 1, 199 };

/* One call's arrays and the memory they live in. */
struct call {
    struct memory memory;
    struct attn_sequence sequence[SEQUENCES];
    struct attn_args args;
};

static void *rows_take(struct call *call, int64_t width, enum narrow type, struct random *random, struct problem *problem)
{
    void *rows = memory_take(&call->memory, (size_t)(ROWS * width), narrow_bytes(type), problem);
    for (int64_t i = 0; rows != NULL && i < ROWS * width; i++)
        narrow_put(type, rows, i, random_normal(random));
    return rows;
}

static void call_fill_args(struct call *call, const struct attn_attention *a, struct problem *problem)
{
    const enum narrow type = narrow_find(a->activations);
    struct random random = random_start(7);
    struct attn_args *args = &call->args;
    *args = (struct attn_args){
        .sequence = call->sequence, .sequences = SEQUENCES,
        .q_stride = a->heads * a->d_k, .q_head_stride = a->d_k, .k_stride = a->kv_heads * a->d_k, .k_head_stride = a->d_k,
        .v_stride = a->kv_heads * a->d_v, .v_head_stride = a->d_v, .o_stride = a->heads * a->d_v, .o_head_stride = a->d_v
    };
    args->q = rows_take(call, args->q_stride, type, &random, problem);
    args->k = rows_take(call, args->k_stride, type, &random, problem);
    args->v = rows_take(call, args->v_stride, type, &random, problem);
    args->o = rows_take(call, args->o_stride, type, &random, problem);
    if (a->rotation_floats > 0) {
        int32_t position[ROWS];
        float *rotation = rows_take(call, a->rotation_floats, NARROW_F32, &random, problem);
        for (int32_t i = 0; i < ROWS; i++)
            position[i] = i;
        a->rotation(position, ROWS, rotation);
        args->q_rotation = args->k_rotation = rotation;
    }
}

static void call_fill_sequences(struct call *call, const struct attn_attention *a, struct problem *problem)
{
    int64_t row = 0;
    for (int32_t b = 0; b < SEQUENCES; row += lengths[b], b++)
        call->sequence[b] = (struct attn_sequence){
            .q_row = row, .k_row = row, .q_len = lengths[b], .k_len = lengths[b], .kv_len = lengths[b], .capacity = lengths[b],
            .cache = memory_take(&call->memory, a->cache_bytes(lengths[b]), 1, problem)
        };
}

static size_t o_bytes(const struct attn_attention *a)
{
    return (size_t)ROWS * (size_t)(a->heads * a->d_v) * narrow_bytes(narrow_find(a->activations));
}

/* o of a whole run with so many threads; the caller's memory. */
static void *run(const struct attn_attention *a, int threads, bool decode)
{
    char error[256] = "";
    struct problem problem = { error, sizeof error };
    struct call call = { 0 };
    memory_begin(&call.memory, NULL);
    call_fill_args(&call, a, &problem);
    call_fill_sequences(&call, a, &problem);
    size_t scratch = a->write.scratch_bytes + a->prefill.scratch_bytes + a->decode.scratch_bytes;
    struct pool *pool = pool_create(threads, scratch, &call.memory, &problem);
    const struct attn_phase *phase = decode ? &a->decode : &a->prefill;
    call.args.workspace = memory_take(&call.memory, phase->workspace_bytes(&call.args) + 1, 1, &problem);
    CHECK_TEXT(error, "");
    pool_run_phase(pool, &a->write, &call.args);
    pool_run_phase(pool, phase, &call.args);
    const size_t bytes = o_bytes(a);
    void *o = malloc(bytes);
    memcpy(o, call.args.o, bytes);
    pool_destroy(pool);
    memory_release(&call.memory);
    return o;
}

static void check_same(const struct attn_attention *a, bool decode)
{
    void *one = run(a, 1, decode), *four = run(a, 4, decode);
    CHECK(memcmp(one, four, o_bytes(a)) == 0);
    free(one);
    free(four);
}

static void threads_do_not_change_a_bit(void)
{
    for (int32_t i = 0; i < KERNELS.attentions; i++) {
        check_same(KERNELS.attention[i](), false);
        check_same(KERNELS.attention[i](), true);
    }
}

int main(void)
{
    RUN(threads_do_not_change_a_bit);
    return test_end();
}
