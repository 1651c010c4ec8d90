/*
** The catalogue: descriptors inside the program and on disk, good ones and bad ones.
*/
#include "../../generator/base/file.h"
#include "../../generator/catalog/catalog.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

static void the_program_carries_the_catalogue(void)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    CHECK(catalog_load(&catalog, NULL, capture.arena, &capture.report));
    CHECK_TEXT(capture_text(&capture), "");
    CHECK_TEXT(catalog.entries[CATALOG_ISA][0].name, "scalar");
    for (int i = 1; i < catalog.count[CATALOG_ISA]; i++)
        CHECK(catalog.entries[CATALOG_ISA][i - 1].lanes <= catalog.entries[CATALOG_ISA][i].lanes);
    for (int i = 1; i < catalog.count[CATALOG_MASK]; i++)
        CHECK(strcmp(catalog.entries[CATALOG_MASK][i - 1].name, catalog.entries[CATALOG_MASK][i].name) < 0);
    CHECK_TEXT(catalog_find(&catalog, CATALOG_MASK, "causal")->sees, "k <= q");
    CHECK(catalog_find(&catalog, CATALOG_MASK, "rope") == NULL);
    CHECK(catalog_find(&catalog, CATALOG_POSITION, "rope") != NULL);
    CHECK_TEXT(catalog_kind_name(CATALOG_CACHE), "caches");
    capture_close(&capture);
}

static void parameters_are_read(void)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    CHECK(catalog_load(&catalog, NULL, capture.arena, &capture.report));
    const struct descriptor *rope = catalog_find(&catalog, CATALOG_POSITION, "rope");
    CHECK(rope->parameter_count == 4);
    const struct parameter *base = &rope->parameters[0], *dims = &rope->parameters[1], *pairing = &rope->parameters[2];
    CHECK(base->type == PARAMETER_NUMBER && base->required && base->min == 1);
    CHECK(dims->type == PARAMETER_INTEGER && !dims->required && dims->multiple == 2);
    CHECK_TEXT(dims->default_field, "d_k");
    CHECK(pairing->type == PARAMETER_CHOICE && pairing->required);
    CHECK_TEXT(pairing->choices[0], "half");
    CHECK_TEXT(pairing->choices[1], "interleaved");
    CHECK(pairing->choices[2] == NULL);
    const struct parameter *scaling = &rope->parameters[3];
    CHECK(scaling->type == PARAMETER_WORD && scaling->kind == CATALOG_SCALING && !scaling->required);
    CHECK_TEXT(scaling->default_choice, "none");
    const struct descriptor *yarn = catalog_find(&catalog, CATALOG_SCALING, "yarn");
    CHECK(yarn->parameters[4].type == PARAMETER_BOOLEAN && yarn->parameters[4].default_number == 1);
    CHECK(catalog_find(&catalog, CATALOG_SCALING, "longrope")->parameters[0].type == PARAMETER_NUMBERS);
    const struct parameter *left = &catalog_find(&catalog, CATALOG_MASK, "window")->parameters[0];
    CHECK(left->type == PARAMETER_INTEGER && !left->required && left->default_number == 33554432);
    capture_close(&capture);
}

static void files_are_whole(void)
{
    struct capture capture;
    struct catalog inside, disk;
    size_t length, disk_length;
    capture_open(&capture);
    CHECK(catalog_load(&inside, NULL, capture.arena, &capture.report));
    CHECK(catalog_load(&disk, "templates", capture.arena, &capture.report));
    for (enum catalog_kind kind = 0; kind < CATALOG_KINDS; kind++)
        CHECK(inside.count[kind] == disk.count[kind]);
    const char *text = catalog_file(&inside, "contract.h", &length, capture.arena);
    const char *disk_text = catalog_file(&disk, "contract.h", &disk_length, capture.arena);
    CHECK(length > 1000 && length == disk_length && strlen(text) == length && memcmp(text, disk_text, length) == 0);
    CHECK(catalog_file(&inside, "nothing.h", &length, capture.arena) == NULL);
    capture_close(&capture);
}

/* The code that a descriptor carries starts on the line it says. */
static void code_knows_its_line(void)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    CHECK(catalog_load(&catalog, NULL, capture.arena, &capture.report));
    const struct descriptor *avx2 = catalog_find(&catalog, CATALOG_ISA, "avx2");
    size_t length;
    const char *line = catalog_file(&catalog, "isa/avx2.lua", &length, capture.arena);
    for (int i = 1; i < avx2->code_line; i++)
        line = strchr(line, '\n') + 1;
    CHECK(avx2->code[0] != '\0' && strncmp(line, avx2->code, 20) == 0);
    capture_close(&capture);
}

/* What loading reports when templates/mask/wide.lua has this text; "DIR" stands for its directory. */
static bool check_descriptor(const char *file, const char *text, const char *expected)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    char *directory = temporary_make(capture.arena);
    char *path = arena_format(capture.arena, "%s/%s", directory, file);
    file_make_directory(arena_format(capture.arena, "%.*s", (int)(strrchr(path, '/') - path), path), &capture.report);
    file_write(path, text, strlen(text), &capture.report, NULL);
    bool loaded = catalog_load(&catalog, directory, capture.arena, &capture.report);
    const char *found = capture_text(&capture);
    size_t prefix = strlen(directory) + 1;
    bool same = CHECK_TEXT(capture.length >= prefix ? found + prefix : found, expected) && CHECK(loaded == (expected[0] == '\0'));
    temporary_remove(directory);
    capture_close(&capture);
    return same;
}

static void bad_descriptors_are_told_at_their_line(void)
{
    static const char head[] = "name = 'wide' help = 'h'\n";
    static const char *const rows[][2] = {
        { "sees = 'true'", "" },
        { "", "mask/wide.lua: sees is missing; expected a text\n" },
        { "sees = 3", "mask/wide.lua:2: sees is 3; expected a text\n" },
        { "sees = 'x\\0'", "mask/wide.lua:2: sees is \"x\" (text); expected a text without zero bytes\n" },
        { "sees = 'true'\nlanes = 3", "mask/wide.lua:3: unknown field 'lanes'\n" },
        { "sees = 'true'\nparameter = {}", "mask/wide.lua:3: unknown field 'parameter' (did you mean 'parameters'?)\n" },
        { "sees = 'true' parameters = 3", "mask/wide.lua:2: parameters is 3; expected a list of at most 8 tables\n" },
        { "sees = 'true' parameters = { x = {} }", "mask/wide.lua:2: parameters is a table; expected a list of at most 8 tables\n" },
        { "sees = 'true' parameters = { 3 }", "mask/wide.lua:2: a parameter is 3; expected a table\n" },
        { "sees = 'true' parameters = {\n{ name = 'x' } }", "mask/wide.lua:3: parameters.help is missing; expected a text\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = text } }",
          "mask/wide.lua:3: unknown word 'text'\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h' } }",
          "mask/wide.lua:3: parameters.type is missing; expected integer, number, choice, boolean, numbers or word\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = choice } }",
          "mask/wide.lua:3: parameters.choices is missing; expected a list of names\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = integer, mim = 0 } }",
          "mask/wide.lua:3: unknown field 'parameters.mim' (did you mean 'min'?)\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = boolean, default = 1 } }",
          "mask/wide.lua:3: parameters.default is 1; expected true or false\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = numbers, default = 1 } }",
          "mask/wide.lua:3: parameters.default is 1; expected nothing: a list of numbers is always given\n" },
        { "sees = 'true' parameters = {\n{ name = 'x', help = 'h', type = word, of = 'things' } }",
          "mask/wide.lua:3: parameters.of is \"things\" (text); expected a kind of word, as `attngen list` calls it\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s", head, rows[i][0]);
        check_descriptor("mask/wide.lua", text, rows[i][1]);
    }
}

static void files_and_names_agree(void)
{
    check_descriptor("mask/wider.lua", "help = 'h' sees = 'true'\nname = 'wide'",
                     "mask/wider.lua:2: name is \"wide\" (text); expected \"wider\", as the file is called\n");
    check_descriptor("mask/notes.txt", "not Lua", "");
    check_descriptor("mask/wide.lua", "x =", "mask/wide.lua:1: unexpected symbol near <eof>\n");
    check_descriptor("isa/sve.lua", "name = 'sve' help = 'h' code = '' products = '' supported = '1'\nlanes = 0 registers = 32",
                     "isa/sve.lua:2: lanes is 0; expected a whole number from 1 to 64\n");
    check_descriptor("isa/sve2.lua", "name = 'sve2' help = 'h' products = '' supported = '1'\nlike = 'sve'",
                     "isa/sve2.lua:1: like is \"sve\"; expected a target that stands by itself\n");
    check_descriptor("isa/sve2.lua", "name = 'sve2' help = 'h' products = '' supported = '1' like = 'sve'\nlanes = 8",
                     "isa/sve2.lua:2: unknown field 'lanes'\n");
}

static void templates_must_be_a_directory(void)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    CHECK(!catalog_load(&catalog, "/nowhere", capture.arena, &capture.report));
    CHECK_TEXT(capture_text(&capture), "/nowhere: is no directory; --templates takes a copy of templates/\n");
    capture_close(&capture);
}

int main(void)
{
    RUN(the_program_carries_the_catalogue);
    RUN(parameters_are_read);
    RUN(files_are_whole);
    RUN(code_knows_its_line);
    RUN(bad_descriptors_are_told_at_their_line);
    RUN(files_and_names_agree);
    RUN(templates_must_be_a_directory);
    return test_end();
}
