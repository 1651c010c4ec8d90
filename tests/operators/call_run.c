#include "call_run.h"

#include <math.h>
#include <string.h>

#include "../../runtime/check_guard.h"
#include "nearness.h"

enum { UNWRITTEN = 0x7fc0beef };           /* bits of a NaN, in all memory before it is written */

enum { RUN_BIAS, RUN_VISIBLE, RUN_T5, RUN_ARRAYS };

static const char *const array_names[RUN_ARRAYS] = { "bias", "visible", "t5" };

/* A call at work. */
struct run {
    const struct call *call;
    const struct attn_attention *attention;
    struct arena *arena;
    struct attn_sequence sequence[CALL_SEQUENCES];
    struct guarded cache[CALL_SEQUENCES];
    struct guarded q_rotation, k_rotation;
    struct guarded values[RUN_ARRAYS];     /* (heads, q_rows, keys), and (heads, buckets) */
    struct attn_array array[RUN_ARRAYS];   /* in the definition's order */
    struct guarded o;                      /* (q_rows, heads, d_v) */
    struct guarded lse;                    /* (q_rows, heads) */
    struct guarded matrix;                 /* (q_rows, heads, matrix_keys) */
    double slack;                          /* of outputs, for the case's rounded scores */
    const char *failure;                   /* the first one, or NULL */
};

/* Memory ------------------------------------------------------------------------------------- */

static struct guarded memory_create(size_t bytes)
{
    struct guarded guarded = guarded_create(bytes, ATTN_ALIGNMENT, GUARD_END);
    guarded_fill(&guarded, UNWRITTEN);
    return guarded;
}

static float *memory_floats(const struct guarded *guarded)
{
    return (float *)(void *)guarded->data;
}

/* Rotation rows: the call's own, or of the rows' places on the key axis. */
static struct guarded rotation_create(const struct run *run, int64_t rows, bool of_queries)
{
    const struct call *call = run->call;
    const size_t floats = (size_t)run->attention->rotation_floats;
    struct guarded guarded = memory_create((size_t)rows * floats * sizeof(float));
    for (int b = 0; b < call->sequences && floats > 0; b++) {
        const struct call_sequence *sequence = &call->sequence[b];
        const int64_t first = of_queries ? sequence->q_row : sequence->k_row;
        const int32_t count = of_queries ? sequence->q_len : sequence->past + sequence->fresh;
        for (int32_t i = 0; i < count; i++) {
            const int32_t position = (of_queries ? sequence->q_offset : 0) + i;
            float *row = memory_floats(&guarded) + (size_t)(first + i) * floats;
            if (call->k_rotation != NULL)
                memcpy(row, call->k_rotation + (size_t)(first + i) * floats, floats * sizeof *row);
            else
                run->attention->rotation(&position, 1, row);
        }
    }
    return guarded;
}

/* What stands in the call's memory, where nobody may read beside it. */
static struct guarded array_create(const void *values, size_t count, size_t size)
{
    struct guarded guarded = guarded_create(values == NULL ? 0 : count * size, size, GUARD_END);
    if (values != NULL)
        memcpy(guarded.data, values, count * size);
    return guarded;
}

static void array_bind(struct run *run, int index)
{
    const struct attn_array_kind *kind = &run->attention->array[index];
    const int64_t keys = run->call->keys;
    const int64_t by_query[] = { [ATTN_AXIS_HEAD] = run->call->q_rows * keys, [ATTN_AXIS_QUERY] = keys, [ATTN_AXIS_KEY] = 1 };
    const int64_t by_bucket[] = { [ATTN_AXIS_HEAD] = run->call->buckets, [ATTN_AXIS_SIZE] = 1 };
    int which = 0;
    while (strcmp(array_names[which], kind->name) != 0)
        which++;
    run->array[index].data = run->values[which].data;
    for (int axis = 0; axis < kind->axes; axis++)
        run->array[index].stride[axis] = (which == RUN_T5 ? by_bucket : by_query)[kind->axis[axis]];
}

static void arrays_create(struct run *run)
{
    const struct call *call = run->call;
    const size_t count = (size_t)(call->heads * call->q_rows * call->keys);
    run->values[RUN_BIAS] = array_create(call->bias, count, sizeof *call->bias);
    run->values[RUN_VISIBLE] = array_create(call->visible, count, sizeof *call->visible);
    run->values[RUN_T5] = array_create(call->t5, (size_t)(call->heads * call->buckets), sizeof *call->t5);
    for (int i = 0; i < run->attention->arrays && i < RUN_ARRAYS; i++)
        array_bind(run, i);
}

static void run_create(struct run *run)
{
    const struct call *call = run->call;
    for (int b = 0; b < call->sequences; b++) {
        const struct call_sequence *from = &call->sequence[b];
        const int32_t keys = from->past + from->fresh;
        run->cache[b] = memory_create(run->attention->cache_bytes(keys));
        run->sequence[b] = (struct attn_sequence){
            .q_row = from->q_row, .k_row = from->k_row, .q_len = from->q_len, .q_offset = from->q_offset,
            .kv_len = keys, .cache = run->cache[b].data, .capacity = keys
        };
    }
    run->q_rotation = rotation_create(run, call->q_rows, true);
    run->k_rotation = rotation_create(run, call->k_rows, false);
    arrays_create(run);
    run->o = memory_create((size_t)(call->q_rows * call->heads * call->d_v) * sizeof(float));
    run->lse = memory_create((size_t)(call->q_rows * call->heads) * sizeof(float));
    run->matrix = memory_create((size_t)(call->q_rows * call->heads * call->matrix_keys) * sizeof(float));
}

static void run_destroy(struct run *run)
{
    for (int b = 0; b < run->call->sequences; b++)
        guarded_destroy(&run->cache[b]);
    guarded_destroy(&run->q_rotation);
    guarded_destroy(&run->k_rotation);
    for (int i = 0; i < RUN_ARRAYS; i++)
        guarded_destroy(&run->values[i]);
    guarded_destroy(&run->o);
    guarded_destroy(&run->lse);
    guarded_destroy(&run->matrix);
}

/* Kernels ------------------------------------------------------------------------------------ */

static struct attn_args run_args(const struct run *run, const struct attn_sequence *sequence)
{
    const struct call *call = run->call;
    return (struct attn_args){
        .sequence = sequence, .sequences = call->sequences,
        .q = call->q, .q_stride = call->heads * call->d_k, .q_head_stride = call->d_k,
        .k = call->k, .k_stride = call->kv_heads * call->d_k, .k_head_stride = call->d_k,
        .v = call->v, .v_stride = call->kv_heads * call->d_v, .v_head_stride = call->d_v,
        .o = memory_floats(&run->o), .o_stride = call->heads * call->d_v, .o_head_stride = call->d_v,
        .lse = memory_floats(&run->lse), .lse_stride = call->heads,
        .matrix = memory_floats(&run->matrix), .matrix_stride = call->heads * call->matrix_keys, .matrix_head_stride = call->matrix_keys,
        .array = run->array,
        .q_rotation = memory_floats(&run->q_rotation), .k_rotation = memory_floats(&run->k_rotation)
    };
}

static void phase_run(const struct run *run, const struct attn_phase *phase, const struct attn_sequence *sequence)
{
    if (phase->passes == 0)
        return;
    struct attn_args args = run_args(run, sequence);
    struct guarded workspace = memory_create(phase->workspace_bytes(&args)), scratch = memory_create(phase->scratch_bytes);
    args.workspace = workspace.data;
    for (int pass = 0; pass < phase->passes; pass++)
        for (int64_t task = 0; task < phase->tasks(&args, pass); task++)
            phase->run(&args, pass, task, scratch.data);
    guarded_destroy(&workspace);
    guarded_destroy(&scratch);
}

/* The past keys first, then the fresh ones behind them. */
static void keys_write(const struct run *run)
{
    struct attn_sequence sequence[CALL_SEQUENCES];
    for (int fresh = 0; fresh < 2; fresh++) {
        for (int b = 0; b < run->call->sequences; b++) {
            const struct call_sequence *from = &run->call->sequence[b];
            sequence[b] = run->sequence[b];
            sequence[b].k_row += fresh ? from->past : 0;
            sequence[b].k_len = fresh ? from->fresh : from->past;
            sequence[b].kv_len = fresh ? from->past + from->fresh : from->past;
        }
        phase_run(run, &run->attention->write, sequence);
    }
}

/* Results ------------------------------------------------------------------------------------ */

/*
** An output is a mean of values by weights. Scores that are off by up to e move it by at most e / 2 times the range of
** the values: the covariance of the two is at most half the one range times half the other.
*/
static double output_slack(const struct call *call)
{
    float least = call->v[0], most = call->v[0];
    for (int64_t i = 0; i < call->k_rows * call->kv_heads * call->d_v; i++) {
        least = fminf(least, call->v[i]);
        most = fmaxf(most, call->v[i]);
    }
    return call->score_error * (double)(most - least) / 2;
}

/* Rows of one head of a sequence against an output. way says what was done. */
static void head_compare(struct run *run, const struct call_output *output, int b, int64_t head, const float *found,
                         int64_t row_stride, const char *way)
{
    const struct call *call = run->call;
    struct case_tolerance tolerance = *nearness_tolerance(call->given, output->tensor);
    tolerance.absolute += output->result == CALL_O ? run->slack : 0;
    const int64_t rows = call_result_rows(call, b, output->result), first = call->packed ? call->sequence[b].q_row : 0;
    for (int64_t i = 0; i < rows && run->failure == NULL; i++) {
        const double *expected = view_at(&output->view, call->packed ? 0 : b, first + i, head);
        for (int64_t d = 0; d < output->view.width && run->failure == NULL; d++)
            if (!nearness_holds((double)found[i * row_stride + d], expected[d], &tolerance))
                run->failure = arena_format(run->arena, "%s[%lld] is %g, expected %g: %s, %s", output->tensor->role,
                                            (long long)(expected + d - output->tensor->values),
                                            (double)found[i * row_stride + d], expected[d], way, run->attention->target);
    }
}

/* o, the LSE or the matrix. */
static void rows_compare(struct run *run, const struct call_output *output, const char *way)
{
    const struct call *call = run->call;
    const struct guarded *results[] = { [CALL_O] = &run->o, [CALL_LSE] = &run->lse, [CALL_MATRIX] = &run->matrix };
    const float *found = memory_floats(results[output->result]);
    const int64_t width = call_result_width(call, output->result);
    for (int b = 0; b < call->sequences; b++)
        for (int64_t head = 0; head < call->heads; head++) {
            const int64_t row = call->sequence[b].q_row * call->heads + head;
            head_compare(run, output, b, head, found + row * width, call->heads * width, way);
        }
}

/* Keys, or values, as `read` gives them back. */
static void cache_compare(struct run *run, const struct call_output *output)
{
    const struct call *call = run->call;
    for (int b = 0; b < call->sequences; b++) {
        const int32_t keys = run->sequence[b].kv_len;
        float *k = arena_alloc(run->arena, (size_t)(keys * call->d_k), sizeof *k);
        float *v = arena_alloc(run->arena, (size_t)(keys * call->d_v), sizeof *v);
        for (int32_t head = 0; head < call->kv_heads; head++) {
            run->attention->read(&run->sequence[b], head, 0, keys, k, v);
            const bool of_k = output->result == CALL_K;
            head_compare(run, output, b, head, of_k ? k : v, of_k ? call->d_k : call->d_v, "read");
        }
    }
}

static void outputs_compare(struct run *run, bool of_cache, const char *way)
{
    for (int i = 0; i < run->call->output_count; i++) {
        const struct call_output *output = &run->call->outputs[i];
        const bool is_of_cache = output->result == CALL_K || output->result == CALL_V;
        if (is_of_cache && of_cache)
            cache_compare(run, output);
        else if (!is_of_cache && !of_cache)
            rows_compare(run, output, way);
    }
}

static void attend(struct run *run, const struct attn_phase *phase, const char *way)
{
    guarded_fill(&run->o, UNWRITTEN);
    guarded_fill(&run->lse, UNWRITTEN);
    guarded_fill(&run->matrix, UNWRITTEN);
    phase_run(run, phase, run->sequence);
    phase_run(run, &run->attention->outputs, run->sequence);
    outputs_compare(run, false, way);
}

const char *call_run(const struct call *call, const struct attn_attention *attention, struct arena *arena)
{
    struct run run = { .call = call, .attention = attention, .arena = arena };
    run.slack = call->score_error > 0 ? output_slack(call) : 0;
    run_create(&run);
    keys_write(&run);
    outputs_compare(&run, true, "write");
    attend(&run, &attention->prefill, "prefill");
    attend(&run, &attention->decode, "decode");
    run_destroy(&run);
    return run.failure;
}
