/*
** What must hold between the values of a line, once all are read.
*/
#include "reference_line_reader.h"

/* A block stands with the types that have one, which int4 always has. */
static bool block_check(const struct reader *reader, const char *key, const struct reference_cached *cached)
{
    const bool needed = cached->type == CACHE_INT8 || cached->type == CACHE_INT4;
    if (reference_line_has(reader, key) != needed)
        return reference_line_refuse(reader, needed ? "%s is missing" : "%s stands without int8 or int4", key);
    if (cached->block % 16 != 0 || (cached->type == CACHE_INT4 && cached->block == 0))
        return reference_line_refuse(reader, "%s is %d; expected a multiple of 16", key, cached->block);
    return true;
}

/* One cache for K and V, or one for each. */
static bool caches_check(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    const bool both = reference_line_has(reader, "cache"), k = reference_line_has(reader, "cache.k"), v = reference_line_has(reader, "cache.v");
    if (both == (k || v) || k != v)
        return reference_line_refuse(reader, "cache is missing; expected cache, or cache.k and cache.v");
    if (both ? reference_line_has(reader, "cache.k.block") || reference_line_has(reader, "cache.v.block") : reference_line_has(reader, "cache.block"))
        return reference_line_refuse(reader, "a block stands without the cache that has it");
    if (!both)
        return block_check(reader, "cache.k.block", &line->cache_k) && block_check(reader, "cache.v.block", &line->cache_v);
    line->cache_v = line->cache_k;
    return block_check(reader, "cache.block", &line->cache_k);
}

static bool head_is_kept(const struct reference_line *line, int head)
{
    for (int i = 0; i < line->keep.count; i++)
        if (line->keep.list[i] == head)
            return true;
    return false;
}

/* A matrix without a list has all heads that are left. */
static bool matrix_check(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    struct head_list *heads = &line->matrix_heads;
    if (heads->count > 0 && line->matrix == POINT_NONE)
        return reference_line_refuse(reader, "matrix.heads stands without matrix");
    for (int i = 0; i < heads->count; i++)
        if (!head_is_kept(line, heads->list[i]))
            return reference_line_refuse(reader, "matrix.heads has %d, which is none of the layer's heads", heads->list[i]);
    if (heads->count == 0 && line->matrix != POINT_NONE)
        *heads = line->keep;
    return true;
}

static bool rope_check(const struct reader *reader)
{
    const struct reference_line *line = reader->line;
    if (line->dims % 2 != 0 || line->dims > line->d_k)
        return reference_line_refuse(reader, "rope.dims is %d; expected an even number of at most d_k, %d", line->dims,
                             line->d_k);
    for (int i = 0; i < 2 && line->scaling == SCALING_LONGROPE; i++)
        if (line->divisors[i].count != line->dims / 2)
            return reference_line_refuse(reader, "rope.scaling.%s has %d numbers; expected %d, one for each pair",
                                 i == 0 ? "short" : "long", line->divisors[i].count, line->dims / 2);
    return true;
}

/* Mask and score, and the arrays that they name. */
static bool expressions_read(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    struct expression_error error;
    struct expression_name names[EXPRESSION_ARRAYS];
    if (reader->arrays[0] != '\0' && !expression_arrays_read(&line->arrays, reader->arrays, &error))
        return reference_line_refuse(reader, "arrays, column %d: %s", error.column, error.text);
    const int count = line->arrays.count;
    for (int i = 0; i < count; i++)
        names[i] = (struct expression_name){
            .name = line->arrays.list[i].name, .kind = EXPRESSION_NAME_ARRAY, .array = &line->arrays.list[i]
        };
    if (!expression_parse(&line->mask, reader->mask, names, count, line->layer_heads, &error))
        return reference_line_refuse(reader, "mask, column %d: %s", error.column, error.text);
    if (!expression_parse_score(&line->score, reader->score, names, count, line->layer_heads, &error))
        return reference_line_refuse(reader, "score, column %d: %s", error.column, error.text);
    return expression_order_arrays(&line->mask, &line->arrays) && expression_order_arrays(&line->score, &line->arrays);
}

/* What is left of a layer; without keep, everything. */
static bool heads_keep(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    const int group = line->layer_heads / line->layer_kv_heads;
    struct head_list *keep = &line->keep, *kv = &line->keep_kv;
    for (int head = 0; !reference_line_has(reader, "keep") && head < line->layer_heads; head++)
        keep->list[keep->count++] = head;
    if (keep->list[keep->count - 1] >= line->layer_heads)
        return reference_line_refuse(reader, "keep has %d; heads is %d", keep->list[keep->count - 1], line->layer_heads);
    for (int i = 0; i < keep->count; i++) {
        if (kv->count == 0 || kv->list[kv->count - 1] != keep->list[i] / group)
            kv->list[kv->count++] = keep->list[i] / group;
        line->kv_of[i] = kv->count - 1;
    }
    line->heads = keep->count;
    line->kv_heads = kv->count;
    return true;
}

/* A key that holds its value holds it plain. */
static bool tail_check(const struct reader *reader)
{
    const struct reference_line *line = reader->line;
    if (!line->v_in_k)
        return true;
    if (line->d_v + (line->rotates ? line->dims : 0) > line->d_k)
        return reference_line_refuse(reader, "v is tail_of_k; expected d_k to hold d_v and what rotates");
    if (line->k_norm.kind != NORM_NONE || !reference_line_has(reader, "cache"))
        return reference_line_refuse(reader, "v is tail_of_k; expected no k_norm and one cache for both");
    return true;
}

/* Products are made of what the caches hold. */
static bool compute_check(const struct reader *reader)
{
    const struct reference_line *line = reader->line;
    const bool bf16 = line->cache_k.type == CACHE_BF16 && line->cache_v.type == CACHE_BF16;
    const bool int8 = line->cache_k.type == CACHE_INT8 && line->cache_k.block == 0;
    const bool held = line->compute == COMPUTE_F32 || (line->compute == COMPUTE_BF16 ? bf16 : int8);
    return (held && (line->compute == COMPUTE_F32 || !line->v_in_k))
        || reference_line_refuse(reader, "compute is another than f32; expected a cache of its numbers, and v beside k");
}

bool reference_line_check(const struct reader *reader)
{
    const struct reference_line *line = reader->line;
    if (line->layer_heads % line->layer_kv_heads != 0)
        return reference_line_refuse(reader, "kv_heads is %d; expected a divisor of heads, %d", line->layer_kv_heads, line->layer_heads);
    return heads_keep(reader) && expressions_read(reader) && caches_check(reader) && matrix_check(reader) && (!line->rotates || rope_check(reader))
        && tail_check(reader) && compute_check(reader);
}
