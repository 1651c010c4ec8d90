/*
** Model descriptions: what a family's steps become with the attentions of a folder, or of
** a config that changes them. Runs in the repository's root.
*/
#include "../../generator/base/file.h"
#include "../../generator/model/description.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

enum { FILE_BYTES = 1 << 20 };

/* A folder with the config.json of tests/cases/import/ok_llama.json, and what is made of it. */
struct bench {
    struct capture capture;
    struct catalog catalog;
    struct source source;
    char *folder;
};

static const char *bench_file(struct bench *bench, const char *path)
{
    size_t length;
    const char *text = file_read(path, FILE_BYTES, &length, bench->capture.arena, &bench->capture.report);
    return text == NULL ? "a file" : text;
}

static void bench_open(struct bench *bench)
{
    capture_open(&bench->capture);
    struct arena *arena = bench->capture.arena;
    CHECK(catalog_load(&bench->catalog, NULL, arena, &bench->capture.report));
    bench->folder = temporary_make(arena);
    const char *json = bench_file(bench, "tests/cases/import/ok_llama.json");
    CHECK(file_write(arena_format(arena, "%s/config.json", bench->folder), json, strlen(json), &bench->capture.report, NULL));
}

static void bench_close(struct bench *bench)
{
    temporary_remove(bench->folder);
    capture_close(&bench->capture);
}

/* The description of a folder or config; NULL after a report. */
static const char *bench_describe(struct bench *bench, const char *input)
{
    struct text text = text_start(bench->capture.arena);
    return source_read(&bench->source, input, &bench->catalog, bench->capture.arena, &bench->capture.report)
        && description_print(&text, &bench->source, &bench->capture.report) ? text.data : NULL;
}

/* The description of a config with these fields and the folder's weights. */
static const char *bench_describe_config(struct bench *bench, const char *fields)
{
    struct arena *arena = bench->capture.arena;
    const char *path = arena_format(arena, "%s/edited.lua", bench->folder);
    const char *text = arena_format(arena, "weights = \"%s\"\n%s\n", bench->folder, fields);
    CHECK(file_write(path, text, strlen(text), &bench->capture.report, NULL));
    return bench_describe(bench, path);
}

static void a_folder_becomes_steps(void)
{
    struct bench bench;
    bench_open(&bench);
    CHECK_TEXT(bench_describe(&bench, "tests/cases/import/ok_llama.json"), bench_file(&bench, "tests/cases/description.json"));
    CHECK_TEXT(capture_text(&bench.capture), "");
    bench_close(&bench);
}

static void a_bidirectional_family_is_not_causal(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *text = bench_describe(&bench, "tests/cases/import/ok_bert.json");
    CHECK(text != NULL && strstr(text, "\"causal\": false") != NULL);
    CHECK(text != NULL && strstr(text, "\"eos\": []") != NULL);
    bench_close(&bench);
}

static void a_config_changes_attentions(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *text = bench_describe_config(&bench, "attention = { near = { heads = 4, kv_heads = 2, d_k = 16, "
                                             "mask = causal() & window { left = 7 } } }\nlayers = { \"near\" }");
    CHECK_TEXT(capture_text(&bench.capture), "");
    CHECK(text != NULL && strstr(text, "\"near\": \"softmax heads=4 kv_heads=2 d_k=16 d_v=16 scale=0.25 "
                                       "mask=\\\"k <= q and q - k <= 7\\\" position=none cache=f32\"") != NULL);
    CHECK(text != NULL && strstr(text, "\"attention\": \"near\", \"k\": \"k\", \"layer\": 0, \"op\": \"attention\"") != NULL);
    CHECK(text != NULL && strstr(text, "\"name\": \"edited\"") != NULL);
    bench_close(&bench);
}

static void layers_must_agree(void)
{
    struct bench bench;
    bench_open(&bench);
    CHECK(bench_describe_config(&bench, "attention = { heads = 4, d_k = 16 }\nlayers = 3") == NULL);
    CHECK_TEXT(capture_text(&bench.capture), arena_format(bench.capture.arena,
               "%s/edited.lua: has 3 layers, but %s/config.json has 1\n", bench.folder, bench.folder));
    bench_close(&bench);
}

static void heads_are_the_weights(void)
{
    struct bench bench;
    bench_open(&bench);
    CHECK(bench_describe_config(&bench, "attention = { heads = 4, d_k = 16 }\nlayers = 1") == NULL);
    CHECK_TEXT(capture_text(&bench.capture), arena_format(bench.capture.arena,
               "%s/edited.lua:2: attention attention: kv_heads is 4; the weights of %s have 2\n", bench.folder, bench.folder));
    bench_close(&bench);
}

static void pruned_heads_are_not_computed(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *text = bench_describe_config(&bench, "attention = { heads = 4, kv_heads = 2, keep = { 2 }, d_k = 16 }");
    CHECK(text != NULL && strstr(text, "\"left_rows\": [ 0, 32, 16, 16 ], \"op\": \"linear\", \"out\": \"q\"") != NULL);
    CHECK(text != NULL && strstr(text, "\"left_rows\": [ 0, 16, 16 ], \"op\": \"linear\", \"out\": \"k\"") != NULL);
    CHECK(text != NULL && strstr(text, "\"left_rows\": [ 0, 16, 16 ], \"op\": \"linear\", \"out\": \"v\"") != NULL);
    CHECK(text != NULL && strstr(text, "\"in\": \"a\", \"left_columns\": [ 0, 32, 16, 16 ], \"op\": \"linear\"") != NULL);
    CHECK(text != NULL && strstr(text, "select") == NULL && strstr(text, "spread") == NULL);
    bench_close(&bench);
}

static void sinks_have_their_weights(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *text = bench_describe_config(&bench, "attention = { heads = 4, kv_heads = 2, d_k = 16, sink = per_head }");
    CHECK(text != NULL && strstr(text, "\"sink\": \"layers.0.self_attn.sinks\"") != NULL);
    text = bench_describe_config(&bench, "attention = { heads = 4, kv_heads = 2, d_k = 16, sink = zero }");
    CHECK(text != NULL && strstr(text, "sinks") == NULL);
    bench_close(&bench);
}

static void a_config_without_layers_fits(void)
{
    struct bench bench;
    bench_open(&bench);
    const char *text = bench_describe_config(&bench, "attention = { heads = 4, kv_heads = 2, d_k = 16 }");
    CHECK(text != NULL && strstr(text, "\"attention\": \"attention\", \"k\": \"k\"") != NULL);
    bench_close(&bench);
}

static void weights_must_be_a_model_folder(void)
{
    struct bench bench;
    bench_open(&bench);
    struct arena *arena = bench.capture.arena;
    const char *path = arena_format(arena, "%s/lost.lua", bench.folder);
    static const char text[] = "weights = \"no/such/folder\"\nattention = { heads = 1, d_k = 1 }\n";
    CHECK(file_write(path, text, strlen(text), &bench.capture.report, NULL));
    CHECK(bench_describe(&bench, path) == NULL);
    CHECK_TEXT(capture_text(&bench.capture),
               arena_format(arena, "%s/no/such/folder: cannot be read: No such file or directory\n", bench.folder));
    bench_close(&bench);
}

int main(void)
{
    RUN(a_folder_becomes_steps);
    RUN(a_bidirectional_family_is_not_causal);
    RUN(a_config_changes_attentions);
    RUN(layers_must_agree);
    RUN(heads_are_the_weights);
    RUN(pruned_heads_are_not_computed);
    RUN(sinks_have_their_weights);
    RUN(a_config_without_layers_fits);
    RUN(weights_must_be_a_model_folder);
    return test_end();
}
