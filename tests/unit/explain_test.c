/*
** What explain says: choices by name, and shares of tiles that can be counted by hand.
*/
#include <math.h>

#include "../../generator/base/file.h"
#include "../../generator/verb/explain_choice.h"
#include "../../generator/verb/explain_sight.h"
#include "../../generator/verb/explain_tile.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

/* One definition, and what is reported of it. */
struct bench {
    struct capture capture;
    struct catalog catalog;
    struct model model;
};

/* The definition of attention = { fields }. */
static const struct definition *bench_open(struct bench *bench, const char *fields)
{
    capture_open(&bench->capture);
    struct arena *arena = bench->capture.arena;
    char *directory = temporary_make(arena);
    const char *path = arena_format(arena, "%s/tiny.lua", directory);
    const char *text = arena_format(arena, "attention = { %s }\n", fields);
    CHECK(catalog_load(&bench->catalog, NULL, arena, &bench->capture.report));
    CHECK(file_write(path, text, strlen(text), &bench->capture.report, NULL));
    bool read = definition_read_file(&bench->model, path, &bench->catalog, arena, &bench->capture.report);
    temporary_remove(directory);
    CHECK_TEXT(capture_text(&bench->capture), "");
    return CHECK(read) ? bench->model.definitions : NULL;
}

static const struct choice *choice_find(const struct choices *choices, const char *name)
{
    static const struct choice none = { "", NULL, "" };
    for (int i = 0; i < choices->count; i++)
        if (strcmp(choices->list[i].name, name) == 0)
            return &choices->list[i];
    return &none;
}

static void check_text_choice(const struct choices *choices, const char *name, const char *expected)
{
    const struct value *value = choice_find(choices, name)->value;
    if (CHECK(value != NULL && value->kind == VALUE_TEXT))
        CHECK_TEXT(value->text, expected);
}

static void check_number_choice(const struct choices *choices, const char *name, double expected)
{
    const struct value *value = choice_find(choices, name)->value;
    CHECK(value != NULL && value->number == expected);
}

static void choices_are_all_there(void)
{
    struct bench bench;
    struct choices choices;
    const struct definition *definition = bench_open(&bench, "heads = 6, kv_heads = 2, d_k = 20, d_v = 37, "
        "mask = causal(), position = rope { base = 10000, dims = 8, pairing = interleaved }");
    if (definition != NULL) {
        choices_collect(&choices, definition, bench.capture.arena);
        check_text_choice(&choices, "kv_head", "h // 3");
        check_text_choice(&choices, "mask", "k <= q");
        check_text_choice(&choices, "activations", "f32");
        check_text_choice(&choices, "rope.pairing", "interleaved");
        check_text_choice(&choices, "order", "one");
        check_number_choice(&choices, "scale", 1 / sqrt(20));
        check_number_choice(&choices, "rope.dims", 8);
        check_number_choice(&choices, "cache_bytes", 2 * (20 + 48) * 4);     /* 37 values fill three panels of 16 */
        check_number_choice(&choices, "flops", 2 * (20 + 37));
        const struct value *frequencies = choice_find(&choices, "frequencies")->value;
        CHECK(frequencies != NULL && frequencies->item_count == 4 && fabs(frequencies->items[1]->number - 0.1) < 1e-12);
    }
    capture_close(&bench.capture);
}

static void scalings_are_explained(void)
{
    struct bench bench;
    struct choices choices;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, position = rope { base = 100, pairing = half, "
        "scaling = longrope { factor = 4, original = 64, short = { 1, 1 }, long = { 2, 5 }, use = long, attention_factor = 1.5 } }");
    if (definition != NULL) {
        choices_collect(&choices, definition, bench.capture.arena);
        check_text_choice(&choices, "rope.scaling", "longrope");
        check_text_choice(&choices, "rope.scaling.use", "long");
        check_number_choice(&choices, "rope.scaling.factor", 4);
        check_number_choice(&choices, "magnitude", 1.5);
        CHECK(choice_find(&choices, "rope.scaling.long")->value->items[1]->number == 5);
        CHECK(fabs(choice_find(&choices, "frequencies")->value->items[1]->number - 0.02) < 1e-12);
    }
    capture_close(&bench.capture);
}

static void no_choice_is_named_twice(void)
{
    struct bench bench;
    struct choices choices;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, position = rope { base = 10000, pairing = half }");
    if (definition != NULL) {
        choices_collect(&choices, definition, bench.capture.arena);
        for (int i = 0; i < choices.count; i++)
            CHECK(choice_find(&choices, choices.list[i].name) == &choices.list[i]);
    }
    capture_close(&bench.capture);
}

static void masks_that_use_lengths_have_no_one_order(void)
{
    struct bench bench;
    struct choices choices;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, mask = where \"k < kv_len - 1\"");
    if (definition != NULL) {
        choices_collect(&choices, definition, bench.capture.arena);
        check_text_choice(&choices, "order", "by call");
    }
    capture_close(&bench.capture);
}

static bool near(double found, double expected)
{
    return fabs(found - expected) < 1e-12;
}

/* 256 tokens are 4 x 4 tiles of 64 x 64. */
static void causal_tiles_are_counted(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, mask = causal()");
    if (definition != NULL) {
        const struct tile_shares shares = tile_shares_count(definition, 64, 64, 256);
        CHECK(near(shares.empty, 6.0 / 16) && near(shares.full, 6.0 / 16) && near(shares.mixed, 4.0 / 16));
        CHECK(near(shares.walked, (64 + 128 + 192 + 256) / 1024.0));
        CHECK(shares.decode == 256);
    }
    capture_close(&bench.capture);
}

static void window_tiles_are_counted(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, mask = causal() & window { left = 63 }");
    if (definition != NULL) {
        const struct tile_shares shares = tile_shares_count(definition, 64, 64, 256);
        CHECK(near(shares.empty, 9.0 / 16) && near(shares.full, 0) && near(shares.mixed, 7.0 / 16));
        CHECK(near(shares.walked, (64 + 3 * 127) / 1024.0));
        CHECK(shares.decode == 64);
    }
    capture_close(&bench.capture);
}

/* Half of the heads see everything, half nothing; 100 tokens end in the middle of a tile. */
static void heads_are_counted_one_by_one(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 4, d_k = 4, mask = where \"h < 2\"");
    if (definition != NULL) {
        const struct tile_shares shares = tile_shares_count(definition, 64, 64, 100);
        CHECK(near(shares.empty, 0.5) && near(shares.full, 0.5) && near(shares.walked, 0.5));
    }
    capture_close(&bench.capture);
}

/* 256 tokens: the prefix and a window of 30, with nothing walked between them. */
static void gaps_are_not_walked(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, "
        "mask = causal() & (prefix { length = 4 } | window { left = 29 })");
    if (definition != NULL)
        CHECK(tile_shares_count(definition, 64, 64, 256).decode == 64 + 30);
    capture_close(&bench.capture);
}

static void keys_of_a_query_are_shown(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, "
        "mask = causal() & (prefix { length = 4 } | window { left = 29 })");
    if (definition != NULL) {
        const struct seen seen = seen_find(&definition->mask, 0, 100, 128);
        CHECK(seen.keys == 34 && seen.range_count == 2);
        CHECK(seen.ranges[0].low == 0 && seen.ranges[0].high == 3 && seen.ranges[1].low == 71 && seen.ranges[1].high == 100);
    }
    capture_close(&bench.capture);
}

static const char *printed(struct bench *bench, const struct definition *definition)
{
    struct text text = text_start(bench->capture.arena);
    sight_print(&text, definition, 64, 64);
    return text.data;
}

/* q % 64 * 2 % 2 is 0 everywhere, but over 64 queries its range is 0 .. 1; so is each tile full, without proof. */
static void what_prevents_a_proof_is_named(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 1, d_k = 4, mask = where \"q % 64 * 2 % 2 <= k % 2\"");
    if (definition != NULL)
        CHECK_TEXT(printed(&bench, definition),
                   "  keys that queries of 1024 tokens see\n"
                   "    q=0: k 0..1023\n    q=5: k 0..1023\n    q=100: k 0..1023\n    q=1023: k 0..1023\n"
                   "  100.0 % of the tiles are empty or full without proof, so tested key by key; what prevents it: "
                   "`q % 64 * 2 % 2 <= k % 2`\n\n");
    capture_close(&bench.capture);
}

static void proved_tiles_are_said_to_be(void)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, "heads = 2, d_k = 4, mask = where \"k <= q and h == 0\"");
    if (definition != NULL)
        CHECK_TEXT(printed(&bench, definition),
                   "  keys that queries of 1024 tokens see\n"
                   "    h=0 q=0: k 0\n    h=0 q=5: k 0..5\n    h=0 q=100: k 0..100\n    h=0 q=1023: k 0..1023\n"
                   "    h=1 q=0: no key\n    h=1 q=5: no key\n    h=1 q=100: no key\n    h=1 q=1023: no key\n"
                   "  every empty and every full tile is proved to be one\n\n");
    capture_close(&bench.capture);
}

static void check_reach(const char *mask, const char *expected)
{
    struct bench bench;
    const struct definition *definition = bench_open(&bench, mask);
    if (definition != NULL)
        CHECK_TEXT(reach_text(&definition->mask, bench.capture.arena), expected);
    capture_close(&bench.capture);
}

static void reach_counts_without_self(void)
{
    check_reach("heads = 1, d_k = 4, mask = causal()", "all before, 0 after");
    check_reach("heads = 1, d_k = 4, mask = none()", "all before, all after");
    check_reach("heads = 1, d_k = 4, mask = window { left = 5, right = 3 }", "5 before, 3 after");
    check_reach("heads = 1, d_k = 4, mask = where \"k <= q and q - k < 8\"", "7 before, 0 after");
    check_reach("heads = 1, d_k = 4, mask = causal() & chunk { size = 48 }", "varies");
    check_reach("heads = 2, d_k = 4, mask = where \"q - k < h\"", "varies");
}

int main(void)
{
    RUN(choices_are_all_there);
    RUN(scalings_are_explained);
    RUN(no_choice_is_named_twice);
    RUN(masks_that_use_lengths_have_no_one_order);
    RUN(causal_tiles_are_counted);
    RUN(window_tiles_are_counted);
    RUN(heads_are_counted_one_by_one);
    RUN(gaps_are_not_walked);
    RUN(keys_of_a_query_are_shown);
    RUN(what_prevents_a_proof_is_named);
    RUN(proved_tiles_are_said_to_be);
    RUN(reach_counts_without_self);
    return test_end();
}
