/*
** RelativePositionBias: T5's learned biases by bucket of distance. The scores of queries and keys of 0 are the biases;
** each is the LSE of a sequence whose one query, at its place, sees one key.
*/
#include "express.h"

/* A length that the case gives as a tensor of one value, 1 .. CALL_SEQUENCES; 0 after a refusal. */
static int32_t length_take(struct call *call, const char *role)
{
    const struct case_tensor *tensor = case_input(call->given, role);
    if (tensor != NULL && tensor->count == 1 && tensor->values[0] >= 1 && tensor->values[0] <= CALL_SEQUENCES)
        return (int32_t)tensor->values[0];
    call_refuse(call, "%s is not one length of 1 to %d", role, CALL_SEQUENCES);
    return 0;
}

/* (buckets, heads), column-major by the operator's documentation: the buckets of a head stand together. */
static bool table_take(struct call *call)
{
    const struct case_tensor *table = case_input(call->given, "bias_table");
    if (table == NULL || table->rank != 2 || table->count < 1)
        return call_refuse(call, "bias_table is not of buckets and heads");
    call->heads = call->kv_heads = table->dims[1];
    call->d_k = call->d_v = 1;
    call->scale = 1;
    call->buckets = table->dims[0];
    call->t5 = arena_alloc(call->arena, (size_t)table->count, sizeof *call->t5);
    for (int64_t i = 0; i < table->count; i++)
        call->t5[i] = (float)table->values[i];
    call_score(call, arena_format(call->arena, "t5_bias { buckets = %lld, max_distance = %d, bidirectional = %s }",
                                  (long long)call->buckets, (int)case_integer(call->given, "max_distance", 128),
                                  case_integer(call->given, "is_bidirectional", 0) != 0 ? "true" : "false"));
    return true;
}

/* A sequence for each query and key. */
static void sequences_lay(struct call *call, int32_t queries, int32_t keys)
{
    call->packed = true;
    call->sequences = queries * keys;
    call->q_rows = call->sequences;
    call->k_rows = keys;
    call->q = arena_alloc(call->arena, (size_t)(call->q_rows * call->heads), sizeof *call->q);
    call->k = arena_alloc(call->arena, (size_t)(call->k_rows * call->heads), sizeof *call->k);
    call->v = arena_alloc(call->arena, (size_t)(call->k_rows * call->heads), sizeof *call->v);
    for (int i = 0; i < call->sequences; i++)
        call->sequence[i] = (struct call_sequence){ i, 0, 1, i / keys, 0, keys };
    for (int i = 0; i < call->sequences; i++)
        for (int64_t head = 0; head < call->heads; head++)
            for (int32_t k = 0; k < keys; k++)
                call_visible_row(call, head, i)[k] = k == i % keys;
}

bool express_buckets(struct call *call)
{
    const struct case_tensor *output = case_output(call->given, "output");
    const int32_t queries = length_take(call, "query_length"), keys = length_take(call, "key_length");
    if (queries == 0 || keys == 0 || !table_take(call))
        return false;
    if (queries * keys > CALL_SEQUENCES || call->heads > CALL_PAIRS / (queries * keys * keys))
        return call_refuse(call, "%d pairs of a query and a key are too many", (int)(queries * keys));
    if (output == NULL || output->rank != 4 || output->dims[0] != 1 || output->dims[1] != call->heads
        || output->dims[2] != queries || output->dims[3] != keys)
        return call_refuse(call, "the output is not shaped as the biases are");
    sequences_lay(call, queries, keys);
    const int64_t pairs = call->q_rows;
    const struct view view = { output->values, 1, pairs, call->heads, 1, call->heads * pairs, 1, pairs };
    return call_expect(call, output, &view, CALL_LSE);
}
