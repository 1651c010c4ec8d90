/*
** Random definitions: the same for the same seed, all of them accepted by the front end, and not all alike.
*/
#include <stdlib.h>

#include "../../generator/definition/definition.h"
#include "../../generator/definition/random_definition.h"
#include "../../generator/script/script.h"
#include "../test.h"

enum { DEFINITIONS = 400 };

static const char *random_text(struct arena *arena, uint64_t seed)
{
    struct text text = text_start(arena);
    struct random random = random_start(seed);
    random_definition_config(&text, "made", DEFINITIONS, 64, &random);
    return text.data;
}

static void seed_decides(void)
{
    struct arena *arena = arena_create();
    CHECK_TEXT(random_text(arena, 7), random_text(arena, 7));
    CHECK(strcmp(random_text(arena, 7), random_text(arena, 8)) != 0);
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
    if (CHECK(text_read(&model, random_text(arena, 1), arena, &report))) {
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

int main(void)
{
    RUN(seed_decides);
    RUN(definitions_are_accepted);
    return test_end();
}
