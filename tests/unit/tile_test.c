/*
** Tiles of the masks that descriptors make: no visible key is ever lost, nothing is claimed
** that does not hold, and where the mask is one of ranges the walk stops at no tile without
** a visible key. Queries, keys and sizes are random; every claim is held against each point.
*/
#include "../../generator/base/file.h"
#include "../../generator/definition/definition.h"
#include "../../generator/expression/range.h"
#include "../../generator/verb/explain_tile.h"
#include "../../runtime/random.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

enum {
    SEED = 7, WALKS = 1500,      /* of each mask: some 100000 tiles in all */
    QUERIES = 12, KEYS = 16,     /* most of a tile */
    TOKENS = 300
};

/* exact: all tiles that the walk stops at have a visible key. */
static const struct { const char *text; bool exact; } masks[] = {
    { "none()", true },
    { "causal()", true },
    { "window { left = 37, right = 5 }", true },
    { "causal() & window { left = 20 }", true },
    { "chunk { size = 48 }", true },
    { "causal() & chunk { size = 40 }", true },
    { "prefix { length = 21 }", true },
    { "causal() | prefix { length = 50 }", true },
    { "causal() & (prefix { length = 4 } | window { left = 30 })", true },
    { "causal() & chunk { size = 64 } | prefix { length = 10 }", true },
    { "global { tokens = 3 } | window { left = 20, right = 20 }", true },
    { "causal() & dilated { stride = 60 }", true },
    { "dilated { stride = 45 } & window { left = 200, right = 130 }", false },
    { "causal() & ~window { left = 40 }", true },
    { "where \"k // 30 == q // 30 and k <= q\"", true },
    { "where \"abs(q - k) <= 9 or k % 100 < 3\"", true },
    { "where \"k <= min(q, 90) and max(k, 20) >= q - 15\"", false },
    { "where \"(if h == 0 then q - k else k - q) % 50 < 2\"", true },
    { "where \"k % 7 * (q % 5) < 3\"", false },
};

enum { MASKS = sizeof masks / sizeof *masks };

/* The model whose definition n has mask n. */
static bool model_read(struct model *model, struct catalog *catalog, struct capture *capture)
{
    struct arena *arena = capture->arena;
    struct text text = text_start(arena), layers = text_start(arena);
    char *directory = temporary_make(arena);
    const char *path = arena_format(arena, "%s/tiles.lua", directory);
    text_put(&text, "attention = {\n");
    for (int i = 0; i < MASKS; i++) {
        text_format(&text, "  m%d = { heads = 2, d_k = %d, mask = %s },\n", i, i + 1, masks[i].text);      /* so that all differ */
        text_format(&layers, "\"m%d\", ", i);
    }
    text_format(&text, "}\nlayers = { %s }\n", layers.data);
    const bool read = catalog_load(catalog, NULL, arena, &capture->report)
                      && file_write(path, text.data, text.length, &capture->report, NULL)
                      && definition_read_file(model, path, catalog, arena, &capture->report);
    temporary_remove(directory);
    return CHECK(read && model->definition_count == MASKS);
}

/* Visible and hidden points of a box. */
struct points { int64_t visible, hidden; };

static struct points points_count(const struct expression *mask, const struct range box[EXPRESSION_VARIABLES])
{
    struct points points = { 0, 0 };
    int64_t at[EXPRESSION_VARIABLES];
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        at[v] = box[v].low;
    for (int64_t q = box[EXPRESSION_Q].low; q <= box[EXPRESSION_Q].high; q++)
        for (int64_t k = box[EXPRESSION_K].low; k <= box[EXPRESSION_K].high; k++) {
            at[EXPRESSION_Q] = q;
            at[EXPRESSION_K] = k;
            if (expression_evaluate(mask, at, NULL))
                points.visible++;
            else
                points.hidden++;
        }
    return points;
}

static bool tile_is_sound(const struct expression *mask, const struct range box[EXPRESSION_VARIABLES], bool walked, bool exact)
{
    const struct points points = points_count(mask, box);
    const enum sight sight = range_sight(mask, box);
    bool sound = CHECK(sight != SIGHT_NONE || points.visible == 0);
    sound = CHECK(sight != SIGHT_ALL || points.hidden == 0) && sound;
    sound = CHECK(walked || points.visible == 0) && sound;
    return CHECK(!walked || !exact || points.visible > 0) && sound;
}

/* Every tile of a row, whether the walk stops at it or not; the number of tiles, 0 after a failure. */
static int row_check(const struct expression *mask, struct range box[EXPRESSION_VARIABLES], int64_t keys, bool exact)
{
    const struct range all = box[EXPRESSION_K];
    int tiles = 0;
    struct range left = range_keys(mask, box);
    for (int64_t key = 0; key <= all.high; key += keys, tiles++) {
        const bool walked = left.low <= left.high && left.low / keys == key / keys;
        box[EXPRESSION_K] = (struct range){ key, key + keys - 1 < all.high ? key + keys - 1 : all.high };
        if (!tile_is_sound(mask, box, walked, exact))
            return 0;
        if (!walked)
            continue;
        box[EXPRESSION_K] = (struct range){ key + keys, left.high };
        left = range_keys(mask, box);
    }
    return tiles;
}

static void random_row(struct random *random, struct range box[EXPRESSION_VARIABLES])
{
    const int64_t tokens = random_between(random, 1, TOKENS), queries = random_between(random, 1, QUERIES);
    const int64_t first = random_between(random, -5, tokens), head = random_between(random, 0, 1);
    box[EXPRESSION_Q] = (struct range){ first, first + queries - 1 };
    box[EXPRESSION_K] = (struct range){ 0, tokens - 1 };
    box[EXPRESSION_H] = (struct range){ head, head };
    box[EXPRESSION_B] = (struct range){ 0, 0 };
    box[EXPRESSION_Q_LEN] = box[EXPRESSION_KV_LEN] = (struct range){ tokens, tokens };
}

static int mask_check(const struct expression *mask, bool exact, struct random *random)
{
    int tiles = 0;
    for (int i = 0; i < WALKS; i++) {
        struct range box[EXPRESSION_VARIABLES];
        random_row(random, box);
        const int row = row_check(mask, box, random_between(random, 1, KEYS), exact);
        if (row == 0)
            return 0;
        tiles += row;
    }
    return tiles;
}

static void tiles_are_sound_and_walks_exact(void)
{
    struct capture capture;
    struct catalog catalog;
    struct model model;
    struct random random = random_start(SEED);
    int tiles = 0;
    capture_open(&capture);
    if (model_read(&model, &catalog, &capture))
        for (int i = 0; i < MASKS; i++) {
            const int checked = mask_check(&model.definitions[i].mask, masks[i].exact, &random);
            if (!CHECK(checked > 0))
                printf("    seed %d: %s\n", SEED, masks[i].text);
            tiles += checked;
        }
    CHECK_TEXT(capture_text(&capture), "");
    CHECK(tiles >= 100000);
    capture_close(&capture);
}

int main(void)
{
    RUN(tiles_are_sound_and_walks_exact);
    return test_end();
}
