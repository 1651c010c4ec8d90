#include "express_ort.h"

/* Attention ---------------------------------------------------------------------------------- */

/* Part 0 or 1 of (2, batches, heads, rows, width): keys or values. */
static struct view view_pair(const struct case_tensor *tensor, int part)
{
    struct case_tensor half = *tensor;
    half.rank = 4;
    half.count = tensor->count / 2;
    half.values = tensor->values + part * half.count;
    for (int i = 0; i < 4; i++)
        half.dims[i] = tensor->dims[i + 1];
    return view_heads_first(&half);
}

/* A buffer that past and present share has room behind the past. */
static bool past_take(struct call *call, struct call_rows *rows)
{
    const struct case_tensor *past = case_input(call->given, "past"), *length = case_input(call->given, "past_sequence_length");
    if (past == NULL)
        return true;
    if (past->rank != 5 || past->dims[0] != 2)
        return call_refuse(call, "past is not a pair of keys and values");
    rows->past_k = view_pair(past, 0);
    rows->past_v = view_pair(past, 1);
    if (length == NULL)
        return true;
    if (length->count != 1 || !(length->values[0] >= 0 && length->values[0] <= (double)rows->past_k.rows))
        return call_refuse(call, "past_sequence_length is more than past has room for");
    rows->past_k.rows = rows->past_v.rows = (int64_t)length->values[0];
    return true;
}

static bool output_expect(struct call *call, const char *role)
{
    const struct case_tensor *tensor = case_output(call->given, role);
    if (tensor == NULL || (tensor->rank != 3 && tensor->rank != 2) || tensor->dims[tensor->rank - 1] % call->heads != 0)
        return call_refuse(call, "there is no output %s made of %lld heads", role, (long long)call->heads);
    const struct view view = view_rows(tensor, call->heads);
    return call_expect(call, tensor, &view, CALL_O);
}

static bool present_expect(struct call *call)
{
    const struct case_tensor *present = case_output(call->given, "present");
    if (present == NULL)
        return true;
    if (present->rank != 5 || present->dims[0] != 2)
        return call_refuse(call, "present is not a pair of keys and values");
    const struct view k = view_pair(present, 0), v = view_pair(present, 1);
    return call_expect(call, present, &k, CALL_K) && call_expect(call, present, &v, CALL_V);
}

bool express_projected(struct call *call)
{
    struct projection projection;
    struct call_rows rows = { 0 };
    if (!ort_projection_take(call, &projection) || !ort_project(call, &projection, &rows) || !past_take(call, &rows)
        || !call_shape(call, &rows) || !ort_bias_scores(call, "mask_index"))
        return false;
    ort_scale_take(call);
    if (case_number(call->given, "unidirectional", 0) != 0)
        call_mask(call, "causal()");
    if (case_number(call->given, "do_rotary", 0) != 0)
        call->position = "rope { base = 10000, pairing = half }";
    call_fill(call, &rows);
    return output_expect(call, "output") && present_expect(call);
}

/* MultiHeadAttention ------------------------------------------------------------------------- */

/* (batches, heads, rows, width) or (batches, rows, heads * width) */
static bool view_take(struct call *call, const char *role, int64_t heads, struct view *view)
{
    const struct case_tensor *tensor = case_input(call->given, role);
    if (tensor != NULL && tensor->rank == 4)
        *view = view_heads_first(tensor);
    else if (tensor != NULL && (tensor->rank == 2 || tensor->rank == 3) && tensor->dims[tensor->rank - 1] % heads == 0)
        *view = view_rows(tensor, heads);
    else
        return call_refuse(call, "%s is missing, or has a shape that is not known", role);
    return true;
}

/* parts of (batches, rows, heads, parts, width) go to views. */
static bool parts_take(const struct case_tensor *tensor, int rank, int parts, struct view *const *views)
{
    if (tensor == NULL || tensor->rank != rank || tensor->dims[rank - 2] != parts)
        return false;
    for (int part = 0; part < parts; part++)
        *views[part] = view_packed(tensor, part);
    return true;
}

/* query, key and value, or packed into one or two tensors of this rank. */
static bool multi_head_rows(struct call *call, int packed_rank, struct call_rows *rows)
{
    const int64_t heads = case_integer(call->given, "num_heads", 0);
    struct view *const views[] = { &rows->q, &rows->k, &rows->v };
    if (heads < 1)
        return call_refuse(call, "there is no num_heads");
    if (parts_take(case_input(call->given, "query"), packed_rank, 3, views))
        return true;
    return view_take(call, "query", heads, &rows->q)
        && (parts_take(case_input(call->given, "key"), packed_rank, 2, views + 1)
            || (view_take(call, "key", heads, &rows->k) && view_take(call, "value", heads, &rows->v)));
}

static bool cached_take(struct call *call, const char *role, struct view *view)
{
    const struct case_tensor *tensor = case_input(call->given, role);
    if (tensor == NULL)
        return true;
    if (tensor->rank != 4)
        return call_refuse(call, "%s is not of four dimensions", role);
    *view = view_heads_first(tensor);
    return true;
}

static bool cached_expect(struct call *call, const char *role, enum call_result result)
{
    const struct case_tensor *tensor = case_output(call->given, role);
    if (tensor == NULL)
        return true;
    if (tensor->rank != 4)
        return call_refuse(call, "%s is not of four dimensions", role);
    const struct view view = view_heads_first(tensor);
    return call_expect(call, tensor, &view, result);
}

bool express_multi_head(struct call *call)
{
    struct call_rows rows = { 0 };
    if (!multi_head_rows(call, 5, &rows) || !ort_bias_rows(call, &rows) || !cached_take(call, "past_key", &rows.past_k)
        || !cached_take(call, "past_value", &rows.past_v) || !call_shape(call, &rows)
        || !ort_bias_scores(call, "key_padding_mask"))
        return false;
    ort_scale_take(call);
    if (case_number(call->given, "unidirectional", 0) != 0)
        call_mask(call, "causal()");
    call_fill(call, &rows);
    return output_expect(call, "output") && cached_expect(call, "present_key", CALL_K)
        && cached_expect(call, "present_value", CALL_V);
}

/* Packed batches ----------------------------------------------------------------------------- */

static bool packed_finish(struct call *call, const struct call_rows *rows)
{
    const struct case_tensor *first = case_input(call->given, "cumulative_sequence_length");
    if (first == NULL)
        return call_refuse(call, "there is no cumulative_sequence_length");
    if (!call_shape_packed(call, rows, first) || !ort_bias_scores(call, NULL))
        return false;
    ort_scale_take(call);
    call_fill(call, rows);
    return output_expect(call, "output");
}

bool express_packed(struct call *call)
{
    struct projection projection;
    struct call_rows rows = { 0 };
    return ort_projection_take(call, &projection) && ort_project(call, &projection, &rows) && packed_finish(call, &rows);
}

bool express_packed_multi_head(struct call *call)
{
    struct call_rows rows = { 0 };
    return multi_head_rows(call, 4, &rows) && ort_bias_rows(call, &rows) && packed_finish(call, &rows);
}
