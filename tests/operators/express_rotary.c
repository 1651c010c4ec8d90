/*
** RotaryEmbedding: the rows of X are keys, which `write` turns on their way into the cache, by
** rotation rows made of the case's own cosines and sines.
*/
#include "express.h"

/* What a case's rows turn by. */
struct turning {
    const struct case_tensor *cosines, *sines, *positions;
    int64_t pairs;
};

static bool turning_take(struct call *call, struct turning *turning)
{
    turning->cosines = case_input(call->given, "cos_cache");
    turning->sines = case_input(call->given, "sin_cache");
    turning->positions = case_input(call->given, "position_ids");
    if (turning->cosines == NULL || turning->sines == NULL || turning->cosines->rank < 2
        || turning->sines->count != turning->cosines->count)
        return call_refuse(call, "cos_cache and sin_cache are not alike");
    turning->pairs = turning->cosines->dims[turning->cosines->rank - 1];
    if (turning->pairs < 1 || 2 * turning->pairs > call->d_k)
        return call_refuse(call, "%lld pairs do not fit into heads of %lld", (long long)turning->pairs, (long long)call->d_k);
    if (turning->positions != NULL && turning->positions->count != call->k_rows)
        return call_refuse(call, "position_ids is not one position a row");
    return true;
}

/* Row i's angles: those of its position, or its own. -1 when there are none. */
static int64_t turning_row(const struct turning *turning, int64_t i)
{
    const double row = turning->positions != NULL ? turning->positions->values[i] : (double)i;
    return row >= 0 && row < (double)(turning->cosines->count / turning->pairs) ? (int64_t)row : -1;
}

/* (k_rows, 2 pairs): cosines, then sines. */
static bool rotation_fill(struct call *call, const struct turning *turning)
{
    const int64_t pairs = turning->pairs;
    float *to = arena_alloc(call->arena, (size_t)(call->k_rows * 2 * pairs), sizeof *to);
    call->k_rotation = to;
    for (int64_t i = 0; i < call->k_rows; i++, to += 2 * pairs) {
        const int64_t row = turning_row(turning, i);
        if (row < 0)
            return call_refuse(call, "row %lld has no cosines in cos_cache", (long long)i);
        for (int64_t pair = 0; pair < pairs; pair++) {
            to[pair] = (float)turning->cosines->values[row * pairs + pair];
            to[pairs + pair] = (float)turning->sines->values[row * pairs + pair];
        }
    }
    return true;
}

static struct view x_view(const struct case_tensor *tensor, int64_t heads)
{
    return tensor->rank == 3 ? view_rows(tensor, heads) : view_heads_first(tensor);
}

bool express_rotary(struct call *call)
{
    const struct case_tensor *x = case_input(call->given, "X"), *y = case_output(call->given, "Y");
    const int64_t heads = case_integer(call->given, "num_heads", 1), dims = case_integer(call->given, "rotary_embedding_dim", 0);
    struct turning turning;
    if (x == NULL || y == NULL || x->rank != y->rank || x->rank < 3 || x->rank > 4 || heads < 1
        || (x->rank == 3 && x->dims[2] % heads != 0))
        return call_refuse(call, "X and Y are not of four dimensions, or of three that num_heads divides");
    const struct call_rows rows = { .q = x_view(x, heads), .k = x_view(x, heads), .v = x_view(x, heads) };
    if (!call_shape(call, &rows) || !turning_take(call, &turning) || !rotation_fill(call, &turning))
        return false;
    if (2 * turning.pairs != (dims != 0 ? dims : call->d_k))
        return call_refuse(call, "cos_cache does not have a pair for two dimensions of those that turn");
    call->scale = 1;
    call->position = arena_format(call->arena, "rope { base = 10000, dims = %d, pairing = %s }", (int)(2 * turning.pairs),
                                  case_number(call->given, "interleaved", 0) != 0 ? "interleaved" : "half");
    call_fill(call, &rows);
    const struct view view = x_view(y, heads);
    return call_expect(call, y, &view, CALL_K);
}
