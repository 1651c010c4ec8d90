/*
** In which batches decode's register tiles take the heads of one query that share a KV head: decode_heads at once, then what
** is left of a group. Where values are parts of keys, the first batch of a tile converts its keys, and the later ones read
** the floats that it leaves.
*/
#include "emission.h"

/* Whether a group of `size` heads takes `batch` of them at once, of `whole` at most. The whole batch is always there. */
static bool group_takes(int size, int batch, int whole)
{
    return batch == whole || size % whole == batch;
}

static bool group_begins(int size, int batch, int whole)
{
    return batch == whole || size == batch;
}

static bool group_goes_on(int size, int batch, int whole)
{
    return size > whole && (batch == whole ? size >= 2 * whole : size % whole == batch);
}

/* Pruned groups have sizes of their own. */
static int group_size(const struct definition *definition, int kv_head)
{
    const struct kept *kept = &definition->kept;
    return kept->head != NULL ? kept->first[kv_head + 1] - kept->first[kv_head] : definition->group;
}

/* The largest first. */
static void set_batches(struct emission *e, const char *name, const struct definition *definition, int whole, bool (*fits)(int, int, int))
{
    int *list = arena_alloc(e->arena, (size_t)whole, sizeof *list), count = 0;
    for (int batch = whole; batch > 0; batch--) {
        bool found = false;
        for (int kv_head = 0; kv_head < definition->kept.kv_heads; kv_head++)
            found = found || fits(group_size(definition, kv_head), batch, whole);
        if (found)
            list[count++] = batch;
    }
    template_set_integers(&e->values, name, list, count);
}

void emission_set_batches(struct emission *e, const struct definition *definition, const struct plan *plan)
{
    const int decode_heads = plan->value[PLAN_DECODE_HEADS];
    const int64_t tile_bytes = cached_bytes(&definition->cache_k, definition->d_k) * plan->value[PLAN_TILE];
    set_batches(e, "HEAD_BATCHES", definition, decode_heads, group_takes);
    set_batches(e, "FIRST_BATCHES", definition, decode_heads, group_begins);
    set_batches(e, "LATER_BATCHES", definition, decode_heads, group_goes_on);
    template_set_integer(&e->values, "FETCH_HEAD", (tile_bytes + definition->group - 1) / definition->group);      /* bytes of the next tile's keys */
}
