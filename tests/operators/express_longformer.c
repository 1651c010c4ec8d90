/*
** LongformerAttention: every token sees the window around it and the global tokens; a global token sees all,
** through a projection of its own for queries, keys and values. So each batch is two sequences: its ordinary
** queries over ordinary keys, and its global queries over global keys. The definition is the same for both.
*/
#include "express_ort.h"

#include <math.h>
#include <string.h>

/* What a case gives. */
struct longformer {
    const struct case_tensor *input, *weight, *bias, *global_weight, *global_bias, *global, *mask;
    int64_t batches, length, hidden;
    int64_t globals;                       /* tokens of each batch, its first */
};

static bool inputs_take(struct call *call, struct longformer *given)
{
    const struct { const char *role; const struct case_tensor **to; int rank; } inputs[] = {
        { "input", &given->input, 3 }, { "weight", &given->weight, 2 }, { "bias", &given->bias, 1 },
        { "global_weight", &given->global_weight, 2 }, { "global_bias", &given->global_bias, 1 },
        { "global", &given->global, 2 }, { "mask", &given->mask, 2 },
    };
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        *inputs[i].to = case_input(call->given, inputs[i].role);
        if (*inputs[i].to == NULL || (*inputs[i].to)->rank != inputs[i].rank)
            return call_refuse(call, "%s is missing, or not of %d dimensions", inputs[i].role, inputs[i].rank);
    }
    return true;
}

static bool sizes_take(struct call *call, struct longformer *given)
{
    given->batches = given->input->dims[0];
    given->length = given->input->dims[1];
    given->hidden = given->input->dims[2];
    const int64_t hidden = given->hidden, columns = 3 * hidden, tokens = given->batches * given->length;
    const int64_t heads = case_integer(call->given, "num_heads", 0);
    if (heads < 1 || hidden < heads || hidden % heads != 0 || given->weight->dims[0] != hidden
        || given->weight->dims[1] != columns || given->bias->count != columns || given->global_weight->dims[0] != hidden
        || given->global_weight->dims[1] != columns || given->global_bias->count != columns
        || given->global->count != tokens || given->mask->count != tokens || 2 * given->batches > CALL_SEQUENCES
        || heads * tokens > CALL_PAIRS / (given->length > 0 ? given->length : 1))
        return call_refuse(call, "the inputs do not fit together, or are too many");
    call->heads = call->kv_heads = heads;
    call->d_k = call->d_v = hidden / heads;
    return true;
}

/* The language's global tokens are the first ones of every sequence. */
static bool globals_take(struct call *call, struct longformer *given)
{
    const double *global = given->global->values;
    while (given->globals < given->length && global[given->globals] != 0)
        given->globals++;
    for (int64_t i = 0; i < given->global->count; i++)
        if ((global[i] != 0) != (i % given->length < given->globals))
            return call_refuse(call, "the global tokens are not the first ones, as many in every batch");
    return true;
}

/* Ordinary queries at their places in the rows of the output, global ones at theirs; ordinary keys before global ones. */
static void sequences_lay(struct call *call, const struct longformer *given)
{
    const int32_t length = (int32_t)given->length, globals = (int32_t)given->globals;
    call->packed = true;
    call->sequences = (int)(2 * given->batches);
    call->q_rows = given->batches * length;
    call->k_rows = 2 * call->q_rows;
    for (int b = 0; b < (int)given->batches; b++) {
        const int64_t first = (int64_t)b * length;
        call->sequence[2 * b] = (struct call_sequence){ first + globals, first, length - globals, globals, 0, length };
        call->sequence[2 * b + 1] = (struct call_sequence){ first, call->q_rows + first, globals, 0, 0, length };
    }
}

/* Global tokens' queries replace the ordinary ones, global keys and values follow behind the ordinary. */
static void rows_make(struct call *call, const struct longformer *given)
{
    const int64_t rows = call->q_rows, columns = 3 * given->hidden, d = call->d_k;
    double *all = arena_alloc(call->arena, (size_t)(2 * rows * columns), sizeof *all);
    double *queries = arena_alloc(call->arena, (size_t)(rows * columns), sizeof *queries);
    const double *ordinary = ort_multiply(given->input, given->weight, given->bias, call->arena);
    const double *global = ort_multiply(given->input, given->global_weight, given->global_bias, call->arena);
    memcpy(all, ordinary, (size_t)(rows * columns) * sizeof *all);
    memcpy(all + rows * columns, global, (size_t)(rows * columns) * sizeof *all);
    for (int64_t i = 0; i < rows; i++)
        memcpy(queries + i * columns, (i % given->length < given->globals ? global : ordinary) + i * columns,
               (size_t)columns * sizeof *queries);
    const struct call_rows views = {
        .q = view_columns(queries, 1, rows, columns, 0, call->heads, d),
        .k = view_columns(all, 1, 2 * rows, columns, given->hidden, call->heads, d),
        .v = view_columns(all, 1, 2 * rows, columns, 2 * given->hidden, call->heads, d)
    };
    call_fill(call, &views);
}

/* A token whose mask is below 0 is padding: nobody sees it, and it sees nobody. */
static void padding_hide(struct call *call, const struct longformer *given)
{
    for (int64_t i = 0; i < call->q_rows; i++)
        for (int64_t head = 0; head < call->heads; head++)
            for (int64_t k = 0; k < given->length; k++) {
                const int64_t key = i / given->length * given->length + k;
                if (given->mask->values[i] < 0 || given->mask->values[key] < 0)
                    call_visible_row(call, head, i)[k] = false;
            }
}

bool express_longformer(struct call *call)
{
    struct longformer given = { 0 };
    const struct case_tensor *output = case_output(call->given, "output");
    const int window = case_integer(call->given, "window", 0);
    if (!inputs_take(call, &given) || !sizes_take(call, &given) || !globals_take(call, &given))
        return false;
    if (output == NULL || output->rank != 3 || output->count != given.input->count)
        return call_refuse(call, "the output is not shaped as the input");
    sequences_lay(call, &given);
    rows_make(call, &given);
    padding_hide(call, &given);
    call->scale = 1 / sqrt((double)call->d_k);
    call_mask(call, arena_format(call->arena, given.globals > 0 ? "(window { left = %d, right = %d } | global { tokens = %d })"
                                                                : "window { left = %d, right = %d }",
                                 window, window, (int)given.globals));
    const struct view view = view_columns(output->values, 1, call->q_rows, given.hidden, 0, call->heads, call->d_v);
    return call_expect(call, output, &view, CALL_O);
}
