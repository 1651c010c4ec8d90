#include "express_ort.h"

#include <math.h>

/* Projections -------------------------------------------------------------------------------- */

bool ort_projection_take(struct call *call, struct projection *projection)
{
    const struct case_tensor *weight = case_input(call->given, "weight");
    const struct case_attribute *sizes = case_attribute(call->given, "qkv_hidden_sizes");
    const int64_t heads = case_integer(call->given, "num_heads", 0);
    if (weight == NULL || weight->rank != 2 || heads < 1 || (sizes != NULL && sizes->count != 3))
        return call_refuse(call, "there is no weight of two dimensions, or no num_heads");
    *projection = (struct projection){ .heads = heads };
    int64_t all = 0;
    for (int part = 0; part < 3; part++) {
        projection->columns[part] = sizes != NULL ? (int64_t)sizes->numbers[part] : weight->dims[1] / 3;
        if (projection->columns[part] < heads || projection->columns[part] > weight->dims[1] || projection->columns[part] % heads != 0)
            return call_refuse(call, "%lld columns are not made of %lld heads", (long long)projection->columns[part],
                               (long long)heads);
        all += projection->columns[part];
    }
    return all == weight->dims[1] || call_refuse(call, "q, k and v do not make up the weight's columns");
}

double *ort_multiply(const struct case_tensor *input, const struct case_tensor *weight, const struct case_tensor *bias,
                     struct arena *arena)
{
    const int64_t inner = weight->dims[0], columns = weight->dims[1], rows = input->count / inner;
    double *values = arena_alloc(arena, (size_t)(rows * columns), sizeof *values);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < columns; c++) {
            double sum = bias == NULL ? 0 : bias->values[c];
            for (int64_t d = 0; d < inner; d++)
                sum += input->values[i * inner + d] * weight->values[d * columns + c];
            values[i * columns + c] = sum;
        }
    return values;
}

bool ort_project(struct call *call, const struct projection *projection, struct call_rows *rows)
{
    const struct case_tensor *input = case_input(call->given, "input"), *weight = case_input(call->given, "weight");
    const struct case_tensor *bias = case_input(call->given, "bias");
    if (input == NULL || input->rank < 2 || input->rank > 3 || input->dims[input->rank - 1] != weight->dims[0]
        || weight->dims[0] == 0 || (bias != NULL && bias->count != weight->dims[1]))
        return call_refuse(call, "input, weight and bias do not fit together");
    if (input->count / weight->dims[0] > CASE_TENSOR_VALUES / (weight->dims[1] > 0 ? weight->dims[1] : 1))
        return call_refuse(call, "the projection has more than %d values", CASE_TENSOR_VALUES);
    const double *values = ort_multiply(input, weight, bias, call->arena);
    const int64_t batches = input->rank == 3 ? input->dims[0] : 1, columns = weight->dims[1], *width = projection->columns;
    const int64_t heads = projection->heads, length = input->dims[input->rank - 2];
    rows->q = view_columns(values, batches, length, columns, 0, heads, width[0] / heads);
    rows->k = view_columns(values, batches, length, columns, width[0], heads, width[1] / heads);
    rows->v = view_columns(values, batches, length, columns, width[0] + width[1], heads, width[2] / heads);
    return true;
}

bool ort_bias_rows(struct call *call, struct call_rows *rows)
{
    const struct case_tensor *bias = case_input(call->given, "bias");
    struct view *const parts[] = { &rows->q, &rows->k, &rows->v };
    int64_t all = 0;
    for (int i = 0; i < 3; i++)
        all += parts[i]->heads * parts[i]->width;
    if (bias != NULL && bias->count != all)
        return call_refuse(call, "bias is not as long as a row of q, k and v");
    const double *from = bias == NULL ? NULL : bias->values;
    for (int i = 0; i < 3 && bias != NULL; i++) {
        *parts[i] = view_biased(parts[i], from, call->arena);
        from += parts[i]->heads * parts[i]->width;
    }
    return true;
}

void ort_scale_take(struct call *call)
{
    const double scale = case_number(call->given, "scale", 0);
    call->scale = scale != 0 ? scale : 1 / sqrt((double)call->d_k);
}

/* Masks -------------------------------------------------------------------------------------- */

/* Whether the mask shows key k to query i of sequence b. */
typedef bool shows_function(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k);

/* (sequences, 1) or (1, 1): a mask that does nothing. */
static bool shows_all(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    (void)call, (void)mask, (void)b, (void)i, (void)k;
    return true;
}

/* (sequences): how many keys each has; (3 sequences + 2) starts the same way. */
static bool shows_first(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    (void)call, (void)i;
    return (double)k < mask->values[b];
}

/* (2 sequences): behind each one's last key, then each one's first. */
static bool shows_between(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    (void)i;
    return (double)k < mask->values[b] && (double)k >= mask->values[b + call->sequences];
}

/* (sequences, keys) */
static bool shows_keys(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    (void)call, (void)i;
    return mask->values[b * mask->dims[1] + k] > 0;
}

/* (sequences, queries, keys) */
static bool shows_pairs(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    (void)call;
    return mask->values[(b * mask->dims[1] + i) * mask->dims[2] + k] > 0;
}

/* (sequences, 1, places, places) */
static bool shows_places(const struct call *call, const struct case_tensor *mask, int b, int64_t i, int64_t k)
{
    return mask->values[(b * mask->dims[2] + call->sequence[b].q_offset + i) * mask->dims[3] + k] > 0;
}

/* The function for a mask of this shape, or NULL. */
static shows_function *mask_kind(const struct call *call, const struct case_tensor *mask)
{
    const int64_t sequences = call->sequences, queries = call->sequence[0].q_len, *dims = mask->dims;
    const int64_t keys = call_result_rows(call, 0, CALL_K);
    if (mask->rank == 1 && (mask->count == sequences || mask->count == 3 * sequences + 2))
        return shows_first;
    if (mask->rank == 1 && mask->count == 2 * sequences)
        return shows_between;
    if (mask->rank == 2 && dims[0] == sequences && dims[1] == keys)
        return shows_keys;
    if (mask->rank == 2 && (dims[0] == sequences || dims[0] == 1) && dims[1] == 1)
        return shows_all;
    if (mask->rank == 3 && dims[0] == sequences && dims[1] == queries && dims[2] == keys)
        return shows_pairs;
    if (mask->rank == 4 && dims[0] == sequences && dims[1] == 1 && dims[2] >= call->sequence[0].q_offset + queries
        && dims[3] >= keys)
        return shows_places;
    return NULL;
}

/* Half the distance of floats near this one: what rounding does to a sum with it. */
static double rounding_of(double number)
{
    const float size = (float)fabs(number);
    return (double)(nextafterf(size, INFINITY) - size) / 2;
}

/*
** Adds mask_filter_value to the scores of keys that the mask does not show. Where it shows none of a query's keys the
** value cancels in the softmax, but not without rounding the scores: nothing is added, and the case's outputs, which
** come of rounded scores, are that much less exact.
*/
static void mask_row(struct call *call, const struct case_tensor *mask, shows_function *shows, int b, int64_t i)
{
    const double filter = case_number(call->given, "mask_filter_value", -10000);
    const int64_t keys = call_result_rows(call, b, CALL_K), q_row = call->sequence[b].q_row + i;
    bool any = false;
    for (int64_t k = 0; k < keys; k++)
        any = any || shows(call, mask, b, i, k);
    if (!any)
        call->score_error = rounding_of(filter);
    for (int64_t head = 0; head < call->heads && any; head++)
        for (int64_t k = 0; k < keys; k++)
            call_bias_row(call, head, q_row)[k] += shows(call, mask, b, i, k) ? 0 : (float)filter;
}

static bool mask_add(struct call *call, const struct case_tensor *mask)
{
    shows_function *shows = mask_kind(call, mask);
    if (shows == NULL)
        return call_refuse(call, "%s has a shape that is not known", mask->role);
    for (int b = 0; b < call->sequences; b++)
        for (int64_t i = 0; i < call->sequence[b].q_len; i++)
            mask_row(call, mask, shows, b, i);
    return true;
}

bool ort_bias_scores(struct call *call, const char *mask)
{
    const struct case_tensor *given = mask == NULL ? NULL : case_input(call->given, mask);
    const struct case_tensor *relative = case_input(call->given, "relative_position_bias");
    return call->sequences == 0 || ((given == NULL || mask_add(call, given))
                                    && (relative == NULL || call_apply(call, relative)));
}
