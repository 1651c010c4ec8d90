#include "../expression/range.h"
#include "explain_tile.h"

struct tile_counts { int64_t tiles, empty, full, keys, walked; };

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static double share(int64_t part, int64_t whole)
{
    return (double)part / (double)whole;
}

/* Keys in the tiles that a kernel stops at, which looks behind each for the next one as the emitted code does. */
static int64_t keys_walked(const struct expression *mask, struct range box[EXPRESSION_VARIABLES], int step, int64_t tokens)
{
    int64_t walked = 0;
    box[EXPRESSION_K] = (struct range){ 0, tokens - 1 };
    for (;;) {
        const struct range keys = range_keys(mask, box);
        if (keys.low > keys.high)
            return walked;
        const int64_t next = (keys.low / step + 1) * step;
        walked += smaller(next - 1, keys.high) - keys.low + 1;
        box[EXPRESSION_K] = (struct range){ next, keys.high };
    }
}

/* The tiles, `step` keys wide, of one block of queries, which box holds. */
static void count_block(struct tile_counts *counts, const struct expression *mask,
                        struct range box[EXPRESSION_VARIABLES], int step, int64_t tokens)
{
    counts->keys += tokens;
    counts->walked += keys_walked(mask, box, step, tokens);
    for (int64_t key = 0; key < tokens; key += step) {
        box[EXPRESSION_K] = (struct range){ key, smaller(key + step, tokens) - 1 };
        const enum sight sight = range_sight(mask, box);
        counts->tiles++;
        counts->empty += sight == SIGHT_NONE;
        counts->full += sight == SIGHT_ALL;
    }
}

static int64_t count_decode(const struct expression *mask, struct range box[EXPRESSION_VARIABLES], int step, int64_t tokens)
{
    box[EXPRESSION_Q] = (struct range){ tokens - 1, tokens - 1 };
    box[EXPRESSION_Q_LEN] = (struct range){ 1, 1 };
    return keys_walked(mask, box, step, tokens);
}

struct tile_shares tile_shares_count(const struct definition *definition, int queries, int keys, int64_t tokens)
{
    const struct expression *mask = &definition->mask;
    const int heads = expression_uses(mask, EXPRESSION_H) ? definition->kept.heads : 1;
    struct tile_counts counts = { 0 };
    struct range box[EXPRESSION_VARIABLES] = {
        [EXPRESSION_Q_LEN] = { tokens, tokens }, [EXPRESSION_KV_LEN] = { tokens, tokens }
    };
    for (int i = 0; i < heads; i++)
        for (int64_t query = 0; query < tokens; query += queries) {
            const int head = definition_head(definition, i);
            box[EXPRESSION_H] = (struct range){ head, head };
            box[EXPRESSION_Q] = (struct range){ query, smaller(query + queries, tokens) - 1 };
            count_block(&counts, mask, box, keys, tokens);
        }
    box[EXPRESSION_H] = (struct range){ definition_head(definition, 0), definition_head(definition, 0) };
    return (struct tile_shares){
        .empty  = share(counts.empty, counts.tiles),
        .full   = share(counts.full, counts.tiles),
        .mixed  = share(counts.tiles - counts.empty - counts.full, counts.tiles),
        .walked = share(counts.walked, counts.keys),
        .decode = count_decode(mask, box, keys, tokens)
    };
}
