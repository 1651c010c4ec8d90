/*
** Tiles of masks by the ids of documents: no visible key is ever lost, and nothing is claimed that does not hold, whatever
** the ids are; where ids do not decrease the walk stops at no tile without a visible key.
** Compiled with -DKERNELS_SOURCE="<name>.c": what is tested are static functions of that file.
*/
#include KERNELS_SOURCE

#include "../../runtime/random.h"
#include "../test.h"

enum {
    SEED = 11, TILES = 100000,     /* of each mask */
    QUERIES = 12, KEYS = 16,       /* most of a tile */
    TOKENS = 300, SEQUENCES = 2,
    LOOKS = 4096                   /* bounds of arrays, at most */
};

static const struct mask {
    int (*sight)(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last, const struct attn_view *view);
    void (*visible_keys)(int32_t q_first, int32_t q_last, const struct attn_view *view, int32_t *k_first, int32_t *k_last);
    void (*bounds_run)(const struct attn_args *args, int32_t b);
    struct attn_bound *(*bounds_at)(const struct attn_args *args, int32_t b);
    bool causal, cross;
} own = { sight_own, visible_keys_own, bounds_run_own, bounds_at_own, false, false },
  before = { sight_before, visible_keys_before, bounds_run_before, bounds_at_before, true, false },
  cross = { sight_cross, visible_keys_cross, bounds_run_cross, bounds_at_cross, false, true };

/* A call over two sequences, and a block of queries of one of them. */
struct call {
    struct attn_sequence sequence[SEQUENCES];
    int32_t k_doc[SEQUENCES][TOKENS], q_doc[SEQUENCES * TOKENS];
    struct attn_array array[2];
    struct attn_bound workspace[LOOKS];
    struct attn_args args;
    struct attn_view view;
    int32_t first, last;           /* the block */
};

/* Ids that do not decrease, from below 0 on, or any few. */
static void random_ids(struct random *random, int32_t *ids, int count, bool rising)
{
    const int64_t length = random_between(random, 1, 60);
    int32_t id = (int32_t)random_between(random, -3, 3);
    for (int i = 0; i < count; i++) {
        if (!rising)
            id = (int32_t)random_between(random, 0, 4);
        else if (random_between(random, 1, length) == 1)
            id += (int32_t)random_between(random, 1, 3);
        ids[i] = id;
    }
}

static void random_call(struct random *random, struct call *call, const struct mask *mask, bool rising)
{
    int32_t row = 0;
    for (int b = 0; b < SEQUENCES; b++) {
        const int32_t keys = (int32_t)random_between(random, 1, TOKENS), queries = (int32_t)random_between(random, 1, TOKENS);
        call->sequence[b] = (struct attn_sequence){ .q_len = queries, .q_row = row, .kv_len = keys, .q_offset = (int32_t)random_between(random, -5, keys) };
        random_ids(random, call->k_doc[b], keys, rising);
        random_ids(random, call->q_doc + row, queries, rising);
        row += queries;
    }
    const struct attn_array k_doc = { call->k_doc, { TOKENS, 1 } };
    call->array[0] = mask->cross ? (struct attn_array){ call->q_doc, { 1 } } : k_doc;
    call->array[1] = k_doc;
    call->args = (struct attn_args){ .sequence = call->sequence, .sequences = SEQUENCES, .array = call->array, .workspace = call->workspace };
    const int32_t b = (int32_t)random_between(random, 0, SEQUENCES - 1), offset = call->sequence[b].q_offset;
    call->view = attn_view_of(&call->args, b, 0);
    for (int32_t i = 0; i < SEQUENCES; i++)
        mask->bounds_run(&call->args, i);
    if (random_between(random, 0, 1) == 0)
        call->view.bound = mask->bounds_at(&call->args, b);      /* a block finds its keys with them or without */
    call->first = offset + (int32_t)random_between(random, 0, call->view.q_len - 1);
    call->last = call->first + (int32_t)random_between(random, 0, QUERIES - 1);
    call->last = call->last < offset + call->view.q_len ? call->last : offset + call->view.q_len - 1;
}

/* What the mask says, word for word: a place beside the keys is the nearest key. */
static bool sees(const struct call *call, const struct mask *mask, int32_t q, int32_t k)
{
    const struct attn_view *view = &call->view;
    const int32_t place = q < 0 ? 0 : q < view->kv_len ? q : view->kv_len - 1;
    const int32_t id = mask->cross ? call->q_doc[view->row + q] : call->k_doc[view->b][place];
    return id == call->k_doc[view->b][k] && (!mask->causal || k <= q);
}

static bool tile_is_sound(const struct call *call, const struct mask *mask, int32_t first, int32_t last, bool walked, bool exact)
{
    int visible = 0, hidden = 0;
    for (int32_t q = call->first; q <= call->last; q++)
        for (int32_t k = first; k <= last; k++)
            if (sees(call, mask, q, k))
                visible++;
            else
                hidden++;
    const int sight = mask->sight(call->first, call->last, first, last, &call->view);
    return CHECK(sight != SEES_NONE || visible == 0) && CHECK(sight != SEES_ALL || hidden == 0)
        && CHECK(walked || visible == 0) && CHECK(!walked || !exact || visible > 0);
}

/* Every tile of a block's row, whether the walk stops at it or not; the number of tiles, 0 after a failure. */
static int row_check(const struct call *call, const struct mask *mask, int32_t keys, bool exact)
{
    const int32_t all = call->view.kv_len - 1;
    int32_t first = 0, last = all;
    int tiles = 0;
    mask->visible_keys(call->first, call->last, &call->view, &first, &last);
    for (int32_t key = 0; key <= all; key += keys, tiles++) {
        const bool walked = first <= last && first / keys == key / keys;
        if (!tile_is_sound(call, mask, key, key + keys - 1 < all ? key + keys - 1 : all, walked, exact))
            return 0;
        if (!walked)
            continue;
        first = key + keys;
        mask->visible_keys(call->first, call->last, &call->view, &first, &last);
    }
    return tiles;
}

static void check_mask(const struct mask *mask, bool rising, bool exact)
{
    static struct call call;
    struct random random = random_start(SEED);
    for (int tiles = 0; tiles < TILES; ) {
        random_call(&random, &call, mask, rising);
        const int row = row_check(&call, mask, (int32_t)random_between(&random, 1, KEYS), exact);
        if (row == 0) {
            printf("    seed %d, after %d tiles\n", SEED, tiles);
            return;
        }
        tiles += row;
    }
}

static void rising_ids_walk_no_empty_tile(void)
{
    check_mask(&own, true, true);
    check_mask(&before, true, true);
}

/* A document of the keys between two of a block's queries may have no query: only soundness is promised. */
static void rising_ids_of_two_sides_are_sound(void)
{
    check_mask(&cross, true, false);
}

static void any_ids_are_sound(void)
{
    check_mask(&own, false, false);
    check_mask(&before, false, false);
    check_mask(&cross, false, false);
}

int main(void)
{
    RUN(rising_ids_walk_no_empty_tile);
    RUN(rising_ids_of_two_sides_are_sound);
    RUN(any_ids_are_sound);
    return test_end();
}
