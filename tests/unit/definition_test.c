/*
** Definitions: the lines that configs give, and files that are no configs at all.
** The mistakes in configs are in tests/cases.
*/
#include "../../generator/base/file.h"
#include "../../generator/base/text.h"
#include "../../generator/definition/definition.h"
#include "../../generator/script/script.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

/* A catalogue, a place for files, and what is reported. */
struct bench {
    struct capture capture;
    struct catalog catalog;
    char *directory;
};

static void bench_open(struct bench *bench)
{
    capture_open(&bench->capture);
    CHECK(catalog_load(&bench->catalog, NULL, bench->capture.arena, &bench->capture.report));
    bench->directory = temporary_make(bench->capture.arena);
}

static void bench_close(struct bench *bench)
{
    temporary_remove(bench->directory);
    capture_close(&bench->capture);
}

/* The model of a config with this text, called tiny.lua. */
static bool bench_read(struct bench *bench, struct model *model, const char *text)
{
    const char *path = arena_format(bench->capture.arena, "%s/tiny.lua", bench->directory);
    return CHECK(file_write(path, text, strlen(text), &bench->capture.report, NULL))
        && CHECK(definition_read_file(model, path, &bench->catalog, bench->capture.arena, &bench->capture.report))
        && CHECK_TEXT(capture_text(&bench->capture), "");
}

/* The only definition's line. */
static void check_line(const char *fields, const char *expected)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    if (bench_read(&bench, &model, arena_format(bench.capture.arena, "attention = { %s }", fields))) {
        CHECK_TEXT(model.definitions[0].line, expected);
        CHECK_TEXT(model.definitions[0].name, "attention");
        CHECK_TEXT(model.name, "tiny");
    }
    bench_close(&bench);
}

static void lines_make_every_choice(void)
{
    check_line("heads = 1, d_k = 1",
               "softmax heads=1 kv_heads=1 d_k=1 d_v=1 scale=1 mask=\"true\" position=none cache=f32");
    check_line("heads = 9, kv_heads = 3, d_k = 64, mask = causal(), position = rope { base = 10000, pairing = half }",
               "softmax heads=9 kv_heads=3 d_k=64 d_v=64 scale=0.125 mask=\"k <= q\" position=rope rope.base=10000 "
               "rope.dims=64 rope.pairing=half cache=f32");
    check_line("heads = 6, kv_heads = 2, keep = { 1, 5 }, d_k = 4",
               "softmax heads=6 kv_heads=2 keep=1,5 d_k=4 d_v=4 scale=0.5 mask=\"true\" position=none cache=f32");
    check_line("heads = 2, keep = { 0, 1 }, d_k = 4",
               "softmax heads=2 kv_heads=2 d_k=4 d_v=4 scale=0.5 mask=\"true\" position=none cache=f32");
    check_line("heads = 2, d_k = 80, d_v = 5, scale = 0.1, position = rope { base = 5e5, dims = 20, pairing = interleaved }",
               "softmax heads=2 kv_heads=2 d_k=80 d_v=5 scale=0.1 mask=\"true\" position=rope rope.base=500000 "
               "rope.dims=20 rope.pairing=interleaved cache=f32");
    check_line("heads = 1, d_k = 4, position = rope { base = 100, pairing = half, scaling = longrope { factor = 4, "
               "original = 64, short = { 1, 1.5 }, long = { 2, 3 }, use = long } }",
               "softmax heads=1 kv_heads=1 d_k=4 d_v=4 scale=0.5 mask=\"true\" position=rope rope.base=100 rope.dims=4 "
               "rope.pairing=half rope.scaling=longrope rope.scaling.short=1,1.5 rope.scaling.long=2,3 "
               "rope.scaling.use=long rope.scaling.factor=4 rope.scaling.original=64 rope.scaling.attention_factor=0 "
               "cache=f32");
}

/* Heads 2, 3 and 5 of three groups of two, of which nothing is left of the first. */
static void heads_left_come_with_their_kv_heads(void)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    if (bench_read(&bench, &model, "attention = { heads = 6, kv_heads = 3, keep = { 2, 3, 5 }, d_k = 4 }")) {
        const struct kept *kept = &model.definitions[0].kept;
        CHECK(model.definitions[0].heads == 6 && model.definitions[0].kv_heads == 3 && model.definitions[0].group == 2);
        if (CHECK(kept->heads == 3 && kept->kv_heads == 2)) {
            CHECK(kept->head[0] == 2 && kept->head[1] == 3 && kept->head[2] == 5);
            CHECK(kept->kv_head[0] == 1 && kept->kv_head[1] == 2);
            CHECK(kept->first[0] == 0 && kept->first[1] == 2 && kept->first[2] == 3);
        }
    }
    bench_close(&bench);
}

/* Head 3 of the whole layer would reach back 300 keys. */
static void a_ring_keeps_what_heads_left_reach(void)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    if (bench_read(&bench, &model, "attention = { heads = 4, keep = { 0, 2 }, d_k = 4, mask = where 'k <= q and q - k <= 100 * h', layout = ring() }"))
        CHECK(model.definitions[0].ring_reach == 200);
    bench_close(&bench);
}

static void numbers_come_back_from_their_digits(void)
{
    check_line("heads = 1, d_k = 80",
               "softmax heads=1 kv_heads=1 d_k=80 d_v=80 scale=0.11180339887498948 mask=\"true\" position=none cache=f32");
    check_line("heads = 1, d_k = 2, scale = 1 / 3",
               "softmax heads=1 kv_heads=1 d_k=2 d_v=2 scale=0.3333333333333333 mask=\"true\" position=none cache=f32");
    check_line("heads = 1, d_k = 2, scale = 1e-20",
               "softmax heads=1 kv_heads=1 d_k=2 d_v=2 scale=1e-20 mask=\"true\" position=none cache=f32");
}

/* What a mask says in the line. */
static void check_mask(const char *mask, const char *expected)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    if (bench_read(&bench, &model, arena_format(bench.capture.arena, "attention = { heads = 4, d_k = 8, mask = %s }", mask))) {
        const char *start = strstr(model.definitions[0].line, "mask=\"") + 6;
        CHECK_TEXT(arena_copy(bench.capture.arena, start, strcspn(start, "\"")), expected);
    }
    bench_close(&bench);
}

static void masks_become_expressions(void)
{
    check_mask("none", "true");
    check_mask("causal", "k <= q");
    check_mask("none() & causal()", "k <= q");
    check_mask("window { left = 4, right = 3 }", "q - k <= 4 and k - q <= 3");
    check_mask("window { left = 4 }", "q - k <= 4");
    check_mask("window { right = 0 }", "k - q <= 0");
    check_mask("causal() & window { left = 4095 }", "k <= q and q - k <= 4095");
    check_mask("where \"k <= q and q - k < W\" { W = 4096 }", "k <= q and q - k < 4096");
    check_mask("where 'k // W == q // W' { W = 1 << 12 }", "k // 4096 == q // 4096");
    check_mask("causal() | where \"k < kv_len - 4\"", "k <= q or k < kv_len - 4");
}

static void equal_definitions_become_one(void)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    bool read = bench_read(&bench, &model,
        "attention = {\n"
        "  a = { heads = 4, d_k = 8, mask = causal },\n"
        "  b = { heads = 4, d_k = 8 },\n"
        "  c = { heads = 4, kv_heads = 4, d_k = 8, d_v = 8, mask = where '(k <= q)' },\n"
        "}\nlayers = { 'b', 'c', 'a', 'b' }");
    if (read) {
        CHECK(model.definition_count == 2 && model.layer_count == 4);
        CHECK_TEXT(model.definitions[0].name, "a");
        CHECK_TEXT(model.definitions[1].name, "b");
        static const int layers[] = { 1, 0, 0, 1 };
        CHECK(memcmp(model.layers, layers, sizeof layers) == 0);
        CHECK(model.definitions[0].where.line == 2 && model.definitions[1].where.line == 3);
    }
    bench_close(&bench);
}

static void layers_may_read_the_caches_of_others(void)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    bool read = bench_read(&bench, &model,
        "attention = { a = { heads = 4, d_k = 8, mask = causal() }, b = { heads = 8, kv_heads = 4, d_k = 8 } }\n"
        "layers = { 'a', 'b', { attention = 'b', cache_of = 0 }, 'a', { attention = 'a', cache_of = 1 }, { attention = 'a', cache_of = 1 } }");
    if (read) {
        static const int cache_of[] = { 0, 1, 0, 3, 1, 1 };
        struct text a = text_start(bench.capture.arena), b = text_start(bench.capture.arena);
        CHECK(model.layer_count == 6 && memcmp(model.cache_of, cache_of, sizeof cache_of) == 0);
        model_layers_print(&a, &model, 0);
        model_layers_print(&b, &model, 1);
        CHECK_TEXT(a.data, "0, 3-5, of which 4-5 with the cache of layer 1");
        CHECK_TEXT(b.data, "1-2, of which 2 with the cache of layer 0");
    }
    bench_close(&bench);
}

static void layers_may_be_counted(void)
{
    struct bench bench;
    struct model model;
    bench_open(&bench);
    if (bench_read(&bench, &model, "name = 'other' attention = { heads = 4, kv_heads = 2, d_k = 8 } layers = 3")) {
        CHECK_TEXT(model.name, "other");
        CHECK(model.layer_count == 3 && model.layers[2] == 0);
        CHECK(model.definitions[0].group == 2);
    }
    bench_close(&bench);
}

static void words_are_the_catalogue(void)
{
    static const char *const some[] = { " where ", " causal ", " window ", " none ", " rope ", " half ", " interleaved ", " f32 " };
    struct bench bench;
    bench_open(&bench);
    const char *const *words = definition_words(&bench.catalog, bench.capture.arena);
    struct text text = text_start(bench.capture.arena);
    for (; *words != NULL; words++)
        text_format(&text, " %s ", *words);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        const char *first = strstr(text.data, some[i]);
        CHECK(first != NULL && strstr(first + 1, some[i]) == NULL);
    }
    bench_close(&bench);
}

/* What is reported for the file at path, which is no config, behind its path. */
static void check_file(struct bench *bench, const char *path, const char *expected)
{
    struct model model;
    CHECK(!definition_read_file(&model, path, &bench->catalog, bench->capture.arena, &bench->capture.report));
    const char *found = capture_text(&bench->capture);
    CHECK_TEXT(found, arena_format(bench->capture.arena, "%s%s", path, expected));
}

static void directories_and_missing_files_are_refused(void)
{
    struct bench bench;
    bench_open(&bench);
    check_file(&bench, bench.directory, ": is a directory; expected a file\n");
    bench_close(&bench);
    bench_open(&bench);
    check_file(&bench, "nowhere/x.lua", ": cannot be read: No such file or directory\n");
    bench_close(&bench);
}

static void large_files_are_refused(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *path = arena_format(bench.capture.arena, "%s/large.lua", bench.directory);
    CHECK(file_write(path, "x", 1, &bench.capture.report, NULL) && truncate(path, 100 << 20) == 0);
    check_file(&bench, path, ": has 104857600 bytes; at most 4194304 are read\n");
    bench_close(&bench);
}

/* Bytes of a small generator: whatever they are, one error and no crash. */
static void garbage_is_refused(void)
{
    uint32_t state = 1;
    for (int round = 0; round < 200; round++) {
        char garbage[1000];
        struct bench bench;
        struct model model;
        for (size_t i = 0; i < sizeof garbage; i++)
            garbage[i] = (char)((state = state * 1664525 + 1013904223) >> 24);
        bench_open(&bench);
        const char *path = arena_format(bench.capture.arena, "%s/garbage.lua", bench.directory);
        CHECK(file_write(path, garbage, sizeof garbage, &bench.capture.report, NULL));
        CHECK(!definition_read_file(&model, path, &bench.catalog, bench.capture.arena, &bench.capture.report));
        CHECK(bench.capture.report.errors == 1);
        bench_close(&bench);
    }
}

/* A config is accepted without a word or refused with one. */
static void read_quietly(const struct bench *bench, const char *text, size_t length)
{
    struct report report = { .out = bench->capture.report.out };
    struct arena *arena = arena_create();
    struct model model;
    struct script script = {
        .source = { "tiny.lua", text, length }, .words = definition_words(&bench->catalog, arena), .fields = definition_fields()
    };
    const struct value *config = script_run(&script, arena, &report);
    bool read = config != NULL && definition_read(&model, config, &bench->catalog, arena, &report);
    CHECK(read == (report.errors == 0));
    arena_destroy(arena);
}

static void damaged_configs_do_no_harm(void)
{
    static const char good[] = "attention = { heads = 8, d_k = 64, mask = causal() & window { left = 4 },\n"
                               "position = rope { base = 1e4, pairing = half } } layers = 3";
    struct bench bench;
    bench_open(&bench);
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (const char *other = "{}=,\"-0\n.&("; *other != '\0'; other++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            text[at] = *other;
            read_quietly(&bench, text, sizeof good - 1);
        }
    bench_close(&bench);
}

int main(void)
{
    RUN(lines_make_every_choice);
    RUN(heads_left_come_with_their_kv_heads);
    RUN(a_ring_keeps_what_heads_left_reach);
    RUN(numbers_come_back_from_their_digits);
    RUN(masks_become_expressions);
    RUN(equal_definitions_become_one);
    RUN(layers_may_read_the_caches_of_others);
    RUN(layers_may_be_counted);
    RUN(words_are_the_catalogue);
    RUN(directories_and_missing_files_are_refused);
    RUN(large_files_are_refused);
    RUN(garbage_is_refused);
    RUN(damaged_configs_do_no_harm);
    return test_end();
}
