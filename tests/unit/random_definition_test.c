/*
** Random definitions: the same for the same seed, all of them accepted by the front end, and not all alike.
*/
#include <stdlib.h>

#include "../../generator/definition/definition.h"
#include "../../generator/definition/random_definition.h"
#include "../../generator/script/script.h"
#include "../test.h"

enum { DEFINITIONS = 400 };

static const struct random_wish anything = { .block = 64 };

static const char *random_text(struct arena *arena, const struct random_wish *wish, uint64_t seed)
{
    struct text text = text_start(arena);
    struct random random = random_start(seed);
    random_definition_config(&text, "made", DEFINITIONS, wish, &random);
    return text.data;
}

static void seed_decides(void)
{
    struct arena *arena = arena_create();
    CHECK_TEXT(random_text(arena, &anything, 7), random_text(arena, &anything, 7));
    CHECK(strcmp(random_text(arena, &anything, 7), random_text(arena, &anything, 8)) != 0);
    arena_destroy(arena);
}

static bool text_read(struct model *model, const char *text, struct arena *arena, struct report *report)
{
    struct catalog catalog;
    if (!catalog_load(&catalog, NULL, arena, report))
        return false;
    struct script script = {
        .source = { "random.lua", text, strlen(text) }, .words = definition_words(&catalog, arena),
        .fields = definition_fields()
    };
    const struct value *config = script_run(&script, arena, report);
    return config != NULL && definition_read(model, config, &catalog, arena, report);
}

static int lines_with(const struct model *model, const char *what)
{
    int count = 0;
    for (int i = 0; i < model->definition_count; i++)
        count += strstr(model->definitions[i].line, what) != NULL;
    return count;
}

static void definitions_are_accepted(void)
{
    struct arena *arena = arena_create();
    struct report report = { .out = stdout };
    struct model model;
    if (CHECK(text_read(&model, random_text(arena, &anything, 1), arena, &report))) {
        CHECK(model.definition_count > DEFINITIONS * 9 / 10);
        static const char *const features[] = {
            "mask=\"true\"", "mask=\"k <= q\"", " // ", " % ", "q_len", "kv_len", " or ", "rope.pairing=half",
            "rope.pairing=interleaved", "position=none", "score=", "// 16 + 1", "normalize=sigmoid", "hidden_row=nan", "hidden_row=mean", "q_norm=rms", "q_norm=layer", "k_norm=l2", "_norm.weights=per_head", "_norm.when=after", "_norm.bias=true",
            " keep=", "sink=zero", "sink=per_head", "tanh(s", "}[h]", "d_k=1 ", "d_k=128", "kv_heads=1 ", "kv_heads=4 "
        };
        for (size_t i = 0; i < sizeof features / sizeof *features; i++)
            if (!CHECK(lines_with(&model, features[i]) > 0))
                printf("no definition has %s\n", features[i]);
    }
    arena_destroy(arena);
}

/* What is wished away is drawn otherwise; all have a compute that is wished for. */
static void wishes_are_kept(void)
{
    static const struct { const char *what; struct random_wish wish; int all; } cases[] = {
        { "tokens = 16", { .block = 64, .whole_blocks = true }, 0 }, { "tail_of_k", { .block = 64, .own_values = true }, 0 },
        { "compute = bf16", { .block = 64, .compute = "bf16" }, DEFINITIONS }, { "compute = int8", { .block = 64, .compute = "int8" }, DEFINITIONS }
    };
    struct arena *arena = arena_create();
    struct report report = { .out = stdout };
    struct model model;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = random_text(arena, &cases[i].wish, 3);
        int found = 0;
        for (const char *at = strstr(text, cases[i].what); at != NULL; at = strstr(at + 1, cases[i].what))
            found++;
        CHECK(found == cases[i].all);
        CHECK(strstr(random_text(arena, &anything, 3), cases[i].what) != NULL);
        CHECK(text_read(&model, text, arena, &report));
    }
    arena_destroy(arena);
}

int main(void)
{
    RUN(seed_decides);
    RUN(definitions_are_accepted);
    RUN(wishes_are_kept);
    return test_end();
}
