#include "call.h"

#include <stdarg.h>
#include <string.h>

#include "../../generator/base/text.h"

bool call_refuse(struct call *call, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    call->refusal = arena_copy(call->arena, text, strlen(text));
    return false;
}

/* Shapes ------------------------------------------------------------------------------------- */

static bool past_fits(const struct view *past, const struct view *fresh)
{
    return past->values == NULL
        || (past->batches == fresh->batches && past->heads == fresh->heads && past->width == fresh->width);
}

static bool rows_fit(const struct call_rows *rows)
{
    const struct view *q = &rows->q, *k = &rows->k, *v = &rows->v;
    return q->heads > 0 && k->heads > 0 && q->width > 0 && v->width > 0 && q->heads % k->heads == 0
        && q->batches == k->batches && q->width == k->width
        && k->batches == v->batches && k->rows == v->rows && k->heads == v->heads
        && past_fits(&rows->past_k, k) && past_fits(&rows->past_v, v) && rows->past_k.rows == rows->past_v.rows;
}

static bool heads_take(struct call *call, const struct call_rows *rows)
{
    if (!rows_fit(rows))
        return call_refuse(call, "queries, keys and values do not fit together");
    call->heads = rows->q.heads;
    call->kv_heads = rows->k.heads;
    call->d_k = rows->k.width;
    call->d_v = rows->v.width;
    return true;
}

/* Whether arrays for all of them can be made. */
static bool pairs_fit(struct call *call, int64_t keys)
{
    return call->heads * call->q_rows <= CALL_PAIRS / (keys > 0 ? keys : 1)
        || call_refuse(call, "more than %d pairs of queries and keys", CALL_PAIRS);
}

bool call_shape(struct call *call, const struct call_rows *rows)
{
    if (!heads_take(call, rows))
        return false;
    if (rows->q.batches > CALL_SEQUENCES)
        return call_refuse(call, "%lld sequences are more than %d", (long long)rows->q.batches, CALL_SEQUENCES);
    const int32_t q_len = (int32_t)rows->q.rows, past = (int32_t)rows->past_k.rows, fresh = (int32_t)rows->k.rows;
    call->sequences = (int)rows->q.batches;
    for (int b = 0; b < call->sequences; b++)
        call->sequence[b] = (struct call_sequence){ (int64_t)b * q_len, (int64_t)b * (past + fresh), q_len, past, past, fresh };
    call->q_rows = call->sequences * (int64_t)q_len;
    call->k_rows = call->sequences * (int64_t)(past + fresh);
    return pairs_fit(call, past + fresh);
}

bool call_shape_packed(struct call *call, const struct call_rows *rows, const struct case_tensor *first)
{
    if (!heads_take(call, rows))
        return false;
    if (rows->q.batches != 1 || rows->q.rows != rows->k.rows || first->count < 1 || first->count > CALL_SEQUENCES + 1)
        return call_refuse(call, "the packed rows do not fit their lengths");
    call->packed = true;
    call->sequences = (int)first->count - 1;
    call->q_rows = call->k_rows = rows->q.rows;
    for (int i = 0; i < call->sequences; i++) {
        const double from = first->values[i], to = first->values[i + 1];
        if (!(from >= 0 && from <= to && to <= (double)rows->q.rows))
            return call_refuse(call, "the lengths of the packed sequences leave their rows");
        const int32_t length = (int32_t)(to - from);
        call->sequence[i] = (struct call_sequence){ (int64_t)from, (int64_t)from, length, 0, 0, length };
    }
    return pairs_fit(call, rows->k.rows);
}

/* Rows --------------------------------------------------------------------------------------- */

/* Rows from .. from + count - 1 of a batch to dense floats (count, heads, width). */
static void rows_copy(float *to, const struct view *view, int64_t batch, int64_t from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t head = 0; head < view->heads; head++)
            for (int64_t d = 0; d < view->width; d++)
                *to++ = (float)view_at(view, batch, from + i, head)[d];
}

static float *rows_alloc(const struct call *call, int64_t rows, int64_t heads, int64_t width)
{
    return arena_alloc(call->arena, (size_t)(rows * heads * width), sizeof(float));
}

/* A sequence's past and fresh keys, or values: (k_rows, kv_heads, width). */
static void keys_fill(const struct call *call, int b, float *to, const struct view *past, const struct view *fresh)
{
    const struct call_sequence *sequence = &call->sequence[b];
    const int64_t row = fresh->heads * fresh->width;
    rows_copy(to + sequence->k_row * row, past, b, 0, sequence->past);
    rows_copy(to + (sequence->k_row + sequence->past) * row, fresh, call->packed ? 0 : b,
              call->packed ? sequence->k_row : 0, sequence->fresh);
}

void call_fill(struct call *call, const struct call_rows *rows)
{
    call->q = rows_alloc(call, call->q_rows, call->heads, call->d_k);
    call->k = rows_alloc(call, call->k_rows, call->kv_heads, call->d_k);
    call->v = rows_alloc(call, call->k_rows, call->kv_heads, call->d_v);
    for (int b = 0; b < call->sequences; b++) {
        const struct call_sequence *sequence = &call->sequence[b];
        rows_copy(call->q + sequence->q_row * call->heads * call->d_k, &rows->q, call->packed ? 0 : b,
                  call->packed ? sequence->q_row : 0, sequence->q_len);
        keys_fill(call, b, call->k, &rows->past_k, &rows->k);
        keys_fill(call, b, call->v, &rows->past_v, &rows->v);
    }
}

/* Results ------------------------------------------------------------------------------------ */

int64_t call_result_rows(const struct call *call, int sequence, enum call_result result)
{
    const struct call_sequence *found = &call->sequence[sequence];
    return result == CALL_K || result == CALL_V ? found->past + found->fresh : found->q_len;
}

int64_t call_result_heads(const struct call *call, enum call_result result)
{
    return result == CALL_K || result == CALL_V ? call->kv_heads : call->heads;
}

int64_t call_result_width(const struct call *call, enum call_result result)
{
    return result == CALL_LSE ? 1 : result == CALL_MATRIX ? call->matrix_keys : result == CALL_K ? call->d_k : call->d_v;
}

bool call_expect(struct call *call, const struct case_tensor *tensor, const struct view *view, enum call_result result)
{
    int64_t rows = call->packed ? call->q_rows : 0;
    for (int b = 0; b < call->sequences && !call->packed; b++)
        rows = call_result_rows(call, b, result) > rows ? call_result_rows(call, b, result) : rows;
    if (view->batches != (call->packed ? 1 : call->sequences) || view->rows < rows
        || view->heads != call_result_heads(call, result) || view->width != call_result_width(call, result))
        return call_refuse(call, "the output %s is not shaped as the result is", tensor->role);
    call->outputs[call->output_count++] = (struct call_output){ tensor, *view, result };
    return true;
}

/* The definition ----------------------------------------------------------------------------- */

void call_score(struct call *call, const char *step)
{
    call->score = call->score == NULL ? step : arena_format(call->arena, "%s, %s", call->score, step);
}

void call_mask(struct call *call, const char *mask)
{
    call->mask = call->mask == NULL ? mask : arena_format(call->arena, "%s & %s", call->mask, mask);
}

const char *call_definition(const struct call *call)
{
    struct text text = text_start(call->arena);
    text_format(&text, "{ heads = %lld, kv_heads = %lld, d_k = %lld, d_v = %lld, scale = ", (long long)call->heads,
                (long long)call->kv_heads, (long long)call->d_k, (long long)call->d_v);
    text_number(&text, call->scale);
    if (call->mask != NULL)
        text_format(&text, ", mask = %s", call->mask);
    if (call->score != NULL)
        text_format(&text, ", score = { %s }", call->score);
    if (call->position != NULL)
        text_format(&text, ", position = %s", call->position);
    if (call->matrix != NULL)
        text_format(&text, ", outputs = { matrix = %s }", call->matrix);
    text_put(&text, " }");
    return text.data;
}
