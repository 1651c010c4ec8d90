/*
** Plans: whatever the shape and the target, a plan fits its registers and covers its tile.
*/
#include "../../generator/plan/plan.h"
#include "../test.h"

static const struct descriptor targets[] = {
    { .name = "scalar", .lanes = 1, .registers = 16 },
    { .name = "avx2", .lanes = 8, .registers = 16 },
    { .name = "avx512", .lanes = 16, .registers = 32 },
};

static const struct descriptor float_cache = { .name = "f32", .bits = 32 }, nibble_cache = { .name = "int4", .bits = 4, .scales = 2 };
static const struct descriptor float_compute = { .name = "f32", .pack = 1, .values = "" };

enum { TARGETS = sizeof targets / sizeof targets[0] };

/* The plan for a request such as "tile=16"; NULL asks for nothing. */
static bool plan_made(struct plan *plan, const char *text, int group, int d, const struct descriptor *isa, struct report *report)
{
    const struct definition definition = { .name = "a", .heads = group, .kv_heads = 1, .group = group, .d_k = d, .d_v = d,
                                           .cache_k = { .type = &float_cache }, .cache_v = { .type = &float_cache }, .compute = &float_compute };
    struct plan_request request;
    return plan_request_read(&request, text, (struct where){ NULL, 0 }, report) && plan_choose(plan, &definition, isa, &request, report);
}

static void check_plan(const struct plan *plan, const struct descriptor *isa, int d_v)
{
    const int *value = plan->value, vectors = plan->v_row / isa->lanes;
    CHECK(plan->v_row >= d_v && plan->v_row < d_v + PLAN_PANEL && plan->v_row % PLAN_PANEL == 0);
    CHECK(value[PLAN_BLOCK] % value[PLAN_TILE] == 0 && value[PLAN_SEGMENT] % value[PLAN_TILE] == 0);
    CHECK(plan->prefill_registers <= isa->registers);
    CHECK(plan->decode_registers <= isa->registers);
    CHECK(plan->append_registers <= isa->registers);
    CHECK(value[PLAN_QUERIES] % (value[PLAN_QUERY_VECTORS] * isa->lanes) == 0);
    CHECK(PLAN_PANEL % value[PLAN_SCORE_KEYS] == 0 && value[PLAN_TILE] % value[PLAN_SCORE_KEYS] == 0);
    CHECK(value[PLAN_QUERIES] % value[PLAN_VALUE_QUERIES] == 0 && value[PLAN_QUERIES] % plan->rest_queries == 0);
    CHECK(value[PLAN_VALUE_VECTORS] >= 1 && value[PLAN_VALUE_VECTORS] <= vectors);
    const int rest = vectors % value[PLAN_VALUE_VECTORS];
    CHECK(rest == 0 || plan->rest_queries * rest + rest + 1 <= isa->registers);
    CHECK(value[PLAN_TILE] % (value[PLAN_DECODE_VECTORS] * isa->lanes) == 0);
}

static void every_plan_fits_its_registers(void)
{
    static const int groups[] = { 1, 2, 3, 4, 5, 7, 8, 71 };
    struct report report = { .out = stdout };
    for (int target = 0; target < TARGETS; target++)
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
            for (int d = 1; d <= 300; d++) {
                struct plan plan;
                if (!CHECK(plan_made(&plan, NULL, groups[i], d, &targets[target], &report)))
                    return;
                check_plan(&plan, &targets[target], d);
                CHECK(plan.value[PLAN_DECODE_HEADS] >= 1 && plan.value[PLAN_DECODE_HEADS] <= groups[i]);
            }
}

/* Where decode leaves fetching to the machine, it goes through K a panel at a time and through V once, a strip at a time. */
static void a_stream_is_read_once(void)
{
    static const struct { int group, d, strip; } strips[] = { { 1, 64, 64 }, { 1, 80, 80 }, { 1, 128, 64 }, { 1, 192, 64 }, { 4, 128, 16 } };
    struct report report = { .out = stdout };
    struct plan plan;
    for (size_t i = 0; i < sizeof strips / sizeof *strips; i++) {
        const struct definition definition = { .group = strips[i].group, .d_v = strips[i].d };
        CHECK(plan_strip(&definition) == strips[i].strip);
    }
    for (int target = 1; target < TARGETS; target++)
        for (int d = 16; d <= 256; d += 16) {
            const struct definition definition = { .group = 1, .d_v = d };
            const int strip = plan_strip(&definition), lanes = targets[target].lanes;
            if (!CHECK(plan_made(&plan, NULL, 1, d, &targets[target], &report)))
                return;
            CHECK(plan.value[PLAN_FETCH] == (strip / lanes > 14));
            CHECK(plan.value[PLAN_FETCH] || (plan.value[PLAN_DECODE_COLUMNS] * lanes == strip && plan.value[PLAN_DECODE_VECTORS] * lanes == PLAN_PANEL));
        }
}

static void the_numeric_order_is_the_same_everywhere(void)
{
    struct report report = { .out = stdout };
    for (int target = 0; target < TARGETS; target++) {
        struct plan plan;
        CHECK(plan_made(&plan, NULL, 4, 64, &targets[target], &report));
        CHECK(plan.value[PLAN_BLOCK] == 64 && plan.value[PLAN_TILE] == 64 && plan.value[PLAN_SEGMENT] == 1024);
    }
}

/* The rest of a plan follows what is asked for; what stands in a plan's line asks for the same plan. */
static void a_request_is_kept(void)
{
    static const char *const requests[] = {
        "tile=128", "tile=16,segment=16", "queries=16", "queries=96", "tile=32,block=96", "score_keys=1,unroll=3",
        "value_vectors=1", "queries=32,value_queries=8,value_vectors=1", "interleave=0", "decode_heads=1,fetch=0", "query_vectors=1",
        "append_rows=1", "append_rows=3,append_fetch=0", "append=64,append_rows=5"
    };
    struct report report = { .out = stdout };
    struct arena *arena = arena_create();
    for (int target = 1; target < TARGETS; target++)
        for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
            struct plan plan, again;
            struct text text = text_start(arena);
            if (!CHECK(plan_made(&plan, requests[i], 4, 64, &targets[target], &report)))
                continue;
            check_plan(&plan, &targets[target], 64);
            plan_print_parameters(&text, &plan);
            CHECK(plan_made(&again, text.data, 4, 64, &targets[target], &report));
            CHECK(memcmp(plan.value, again.value, sizeof plan.value) == 0);
        }
    arena_destroy(arena);
}

/* Where registers are few and keys have to be converted, a block has more queries to convert them for. */
static void what_is_converted_serves_wide_blocks(void)
{
    static const struct { int target; const struct descriptor *cache; int page, queries; } cases[] = {
        { 0, &float_cache, 0, 12 }, { 1, &float_cache, 0, 24 }, { 1, &float_cache, 16, 96 }, { 1, &float_cache, 64, 24 },
        { 0, &nibble_cache, 0, 48 }, { 1, &nibble_cache, 0, 96 }, { 2, &float_cache, 0, 64 }, { 2, &nibble_cache, 0, 64 }
    };
    const struct plan_request none = { .where = { NULL, 0 } };
    struct report report = { .out = stdout };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct definition definition = { .name = "a", .heads = 4, .kv_heads = 1, .group = 4, .d_k = 64, .d_v = 64, .page_tokens = cases[i].page,
                                               .cache_k = { .type = cases[i].cache }, .cache_v = { .type = cases[i].cache }, .compute = &float_compute };
        struct plan plan;
        CHECK(plan_choose(&plan, &definition, &targets[cases[i].target], &none, &report) && plan.value[PLAN_QUERIES] == cases[i].queries);
    }
}

/* A tile of one key would end inside of a byte. */
static void a_tile_has_whole_bytes(void)
{
    const struct definition definition = { .name = "a", .heads = 1, .kv_heads = 1, .group = 1, .d_k = 8, .d_v = 8,
                                           .cache_k = { .type = &nibble_cache }, .cache_v = { .type = &nibble_cache }, .compute = &float_compute };
    const struct where nowhere = { NULL, 0 };
    struct report report = { .out = tmpfile() };
    struct plan_request request;
    struct plan plan;
    CHECK(plan_request_read(&request, "tile=2", nowhere, &report) && plan_choose(&plan, &definition, &targets[0], &request, &report));
    CHECK(plan_request_read(&request, "tile=1", nowhere, &report) && !plan_choose(&plan, &definition, &targets[0], &request, &report));
    fclose(report.out);
}

static void a_plan_prints_itself_in_one_line(void)
{
    const struct definition definition = { .heads = 9, .kv_heads = 3, .group = 3, .d_k = 64, .d_v = 64,
                                           .cache_k = { .type = &float_cache }, .cache_v = { .type = &float_cache }, .compute = &float_compute };
    struct arena *arena = arena_create();
    struct text prefill = text_start(arena), decode = text_start(arena), append = text_start(arena);
    const struct plan_request request = { .where = { NULL, 0 } };
    struct report report = { .out = stdout };
    struct plan plan;
    CHECK(plan_choose(&plan, &definition, &targets[2], &request, &report));
    plan_print_prefill(&prefill, &plan, &definition);
    plan_print_decode(&decode, &plan, &definition);
    plan_print_append(&append, &plan, &definition);
    CHECK_TEXT(prefill.data, "online softmax, scores lanes=queries 4 keys x 64 queries, o lanes=d_v 4 queries x 64, "
                             "tile 64 queries x 64 keys, segment 1024, 21 of 32 registers, 80 KiB");
    CHECK_TEXT(decode.data, "split keys, scores lanes=keys 3 heads x 16 keys, o lanes=d_v, tile 3 heads x 64 keys, "
                            "segment 1024, 5 of 32 registers, 34 KiB");
    CHECK_TEXT(append.data, "split keys, at most 32 queries, scores lanes=keys 4 rows x 64 keys, o lanes=d_v 4 rows x 64, 21 of 32 registers");
    arena_destroy(arena);
}

/* Values that are parts of keys: o has lanes = heads, a vector of them or a few, times columns. */
static void a_tail_of_keys_has_lanes_of_heads(void)
{
    static const struct { int group, columns, value_heads; } cases[] = { { 16, 16, 1 }, { 17, 8, 2 }, { 128, 4, 4 }, { 3, 16, 1 } };
    const struct plan_request none = { .where = { NULL, 0 } };
    struct report quiet = { .out = tmpfile() };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct definition definition = { .name = "a", .heads = cases[i].group, .kv_heads = 1, .group = cases[i].group, .d_k = 36,
                                               .d_v = 20, .v_in_k = true, .cache_k = { .type = &float_cache }, .cache_v = { .type = &float_cache }, .compute = &float_compute };
        struct text decode = text_start(arena);
        struct plan_request request;
        struct plan plan;
        CHECK(plan_choose(&plan, &definition, &targets[2], &none, &quiet));
        CHECK(plan.value[PLAN_DECODE_COLUMNS] == cases[i].columns && plan.value_heads == cases[i].value_heads && plan.head_row % 16 == 0);
        CHECK(plan.value[PLAN_FETCH] == 1 && plan.decode_registers <= targets[2].registers);
        plan_print_decode(&decode, &plan, &definition);
        CHECK(strstr(decode.data, "o lanes=heads") != NULL);
        CHECK(plan_request_read(&request, "decode_columns=15", none.where, &quiet) && plan_choose(&plan, &definition, &targets[2], &request, &quiet));
    }
    arena_destroy(arena);
    fclose(quiet.out);
}

/* Where values are parts of keys, rows of several queries have no tiles: what is asked of them is refused, but for what says so. */
static void a_tail_of_keys_takes_no_tiles_of_rows(void)
{
    static const char *const refused[] = { "append_rows=2", "append_vectors=2", "append_columns=2", "append_fetch=1" };
    const struct definition definition = { .name = "a", .heads = 4, .kv_heads = 1, .group = 4, .d_k = 64, .d_v = 48, .v_in_k = true,
                                           .cache_k = { .type = &float_cache }, .cache_v = { .type = &float_cache }, .compute = &float_compute };
    const struct where nowhere = { NULL, 0 };
    struct report quiet = { .out = tmpfile() };
    struct plan_request request;
    struct plan plan;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK(plan_request_read(&request, refused[i], nowhere, &quiet) && !plan_choose(&plan, &definition, &targets[2], &request, &quiet));
        CHECK(plan_made(&plan, refused[i], 4, 64, &targets[2], &quiet));
    }
    CHECK(plan_request_read(&request, "append=8,append_rows=1,append_fetch=0", nowhere, &quiet));
    CHECK(plan_choose(&plan, &definition, &targets[2], &request, &quiet) && plan.value[PLAN_APPEND] == 8);
    fclose(quiet.out);
}

int main(void)
{
    RUN(every_plan_fits_its_registers);
    RUN(a_stream_is_read_once);
    RUN(the_numeric_order_is_the_same_everywhere);
    RUN(a_request_is_kept);
    RUN(what_is_converted_serves_wide_blocks);
    RUN(a_tile_has_whole_bytes);
    RUN(a_plan_prints_itself_in_one_line);
    RUN(a_tail_of_keys_has_lanes_of_heads);
    RUN(a_tail_of_keys_takes_no_tiles_of_rows);
    return test_end();
}
