/*
** Attention and FlexAttention of ONNX. Attention's causal mask starts behind the past; with nonpad_kv_seqlen
** and no past it ends at each sequence's last key; else query 0 stands at key 0.
*/
#include "express.h"

#include <math.h>
#include <string.h>

#include "../../generator/base/text.h"

/* A tensor of rank 4, or of rank 3 with this many heads; false after a refusal. */
static bool view_take(struct call *call, const char *role, int64_t heads, struct view *view)
{
    const struct case_tensor *tensor = case_input(call->given, role);
    if (tensor == NULL)
        return call_refuse(call, "there is no input %s", role);
    if (tensor->rank == 3 && heads >= 1 && tensor->dims[2] % heads == 0)
        *view = view_rows(tensor, heads);
    else if (tensor->rank == 4)
        *view = view_heads_first(tensor);
    else
        return call_refuse(call, "%s is neither of four dimensions nor of three that its heads divide", role);
    return true;
}

static bool past_take(struct call *call, const char *role, struct view *view)
{
    const struct case_tensor *tensor = case_input(call->given, role);
    if (tensor != NULL && tensor->rank != 4)
        return call_refuse(call, "%s is not of four dimensions", role);
    if (tensor != NULL)
        *view = view_heads_first(tensor);
    return true;
}

static bool rows_take(struct call *call, struct call_rows *rows)
{
    const int64_t heads = case_integer(call->given, "q_num_heads", 0), kv_heads = case_integer(call->given, "kv_num_heads", 0);
    return view_take(call, "Q", heads, &rows->q) && view_take(call, "K", kv_heads, &rows->k)
        && view_take(call, "V", kv_heads, &rows->v) && past_take(call, "past_key", &rows->past_k)
        && past_take(call, "past_value", &rows->past_v) && call_shape(call, rows);
}

/* Of each sequence's keys only the first ones are its own. */
static bool lengths_take(struct call *call, const struct call_rows *rows)
{
    const struct case_tensor *lengths = case_input(call->given, "nonpad_kv_seqlen");
    const bool has_past = rows->past_k.values != NULL;
    if (lengths != NULL && (lengths->count != call->sequences || has_past))
        return call_refuse(call, "nonpad_kv_seqlen is not one length a sequence, or comes with a past");
    for (int b = 0; b < call->sequences; b++) {
        struct call_sequence *sequence = &call->sequence[b];
        if (!has_past)
            sequence->q_offset = 0;
        if (lengths == NULL)
            continue;
        if (!(lengths->values[b] >= 0 && lengths->values[b] <= (double)rows->k.rows))
            return call_refuse(call, "nonpad_kv_seqlen[%d] is more than there are keys", b);
        sequence->fresh = (int32_t)lengths->values[b];
        sequence->q_offset = sequence->fresh - sequence->q_len;
    }
    return true;
}

static bool output_expect(struct call *call, const char *role, enum call_result result)
{
    const struct case_tensor *tensor = case_output(call->given, role);
    if (tensor == NULL)
        return true;
    if (tensor->rank == 3 && tensor->dims[2] % call->heads != 0)
        return call_refuse(call, "the output %s is not made of %lld heads", role, (long long)call->heads);
    const struct view view = tensor->rank == 3 ? view_rows(tensor, call->heads) : view_heads_first(tensor);
    return call_expect(call, tensor, &view, result);
}

static void scale_take(struct call *call)
{
    call->scale = case_number(call->given, "scale", 1 / sqrt((double)call->d_k));
}

void express_softcap(struct call *call)
{
    const double softcap = case_number(call->given, "softcap", 0);
    struct text step = text_start(call->arena);
    text_put(&step, "softcap(");
    text_number(&step, softcap);
    text_put(&step, ")");
    if (softcap > 0)
        call_score(call, step.data);
}

bool express_attention(struct call *call)
{
    const struct case_tensor *mask = case_input(call->given, "attn_mask");
    const struct case_tensor *scores = case_output(call->given, "qk_matmul_output");
    struct call_rows rows = { 0 };
    if (!rows_take(call, &rows) || !lengths_take(call, &rows))
        return false;
    scale_take(call);
    express_softcap(call);
    if (case_number(call->given, "is_causal", 0) != 0)
        call_mask(call, "causal()");
    if (mask != NULL && !call_apply(call, mask))
        return false;
    call_fill(call, &rows);
    return output_expect(call, "Y", CALL_O) && output_expect(call, "present_key", CALL_K)
        && output_expect(call, "present_value", CALL_V) && (scores == NULL || express_scores(call, scores));
}

/* FlexAttention ------------------------------------------------------------------------------ */

/*
** The graphs of score_mod are not in the cases. What they compute is in the ONNX project's source of these cases,
** onnx/backend/test/case/node/flexattention.py.
*/
static const struct { const char *test, *mask, *score; } graphs[] = {
    { "test_flexattention_score_mod",           NULL,       "expr \"s + 0.5\"" },
    { "test_flexattention_causal_mask",         "causal()", NULL },
    { "test_flexattention_soft_cap",            NULL,       "softcap(20)" },
    { "test_flexattention_relative_positional", NULL,       "expr \"s + (q - k)\"" },
};

static bool score_graph_take(struct call *call)
{
    for (size_t i = 0; i < sizeof graphs / sizeof graphs[0]; i++)
        if (strcmp(graphs[i].test, call->given->name) == 0) {
            if (graphs[i].mask != NULL)
                call_mask(call, graphs[i].mask);
            if (graphs[i].score != NULL)
                call_score(call, graphs[i].score);
            return true;
        }
    return call_refuse(call, "the case does not hold the graph of its score_mod");
}

bool express_flex(struct call *call)
{
    struct call_rows rows = { 0 };
    if (case_attribute(call->given, "prob_mod") != NULL)
        return call_refuse(call, "prob_mod changes weights after the softmax, which no definition says");
    if (case_attribute(call->given, "score_mod") != NULL && !score_graph_take(call))
        return false;
    if (!rows_take(call, &rows))
        return false;
    for (int b = 0; b < call->sequences; b++)
        call->sequence[b].q_offset = 0;
    scale_take(call);
    call_fill(call, &rows);
    return output_expect(call, "Y", CALL_O);
}
