/*
** Cases as files: tests/cases/err_*.lua must give exactly the message in the .txt
** beside it, ok_*.lua must be accepted without a word. Runs in the repository's root.
*/
#include "../generator/base/file.h"
#include "../generator/base/text.h"
#include "../generator/definition/definition.h"
#include "test.h"
#include "unit/capture.h"

enum { MESSAGE_BYTES = 1 << 16 };

static const char *case_path;        /* of the running test */

static bool read_case(struct capture *capture)
{
    struct catalog catalog;
    struct model model;
    return CHECK(catalog_load(&catalog, NULL, capture->arena, &capture->report))
        && definition_read_file(&model, case_path, &catalog, capture->arena, &capture->report);
}

static void is_accepted(void)
{
    struct capture capture;
    capture_open(&capture);
    CHECK(read_case(&capture));
    CHECK_TEXT(capture_text(&capture), "");
    capture_close(&capture);
}

static void is_refused(void)
{
    struct capture capture;
    size_t length;
    capture_open(&capture);
    const char *path = arena_format(capture.arena, "%.*stxt", (int)strlen(case_path) - 3, case_path);
    const char *expected = file_read(path, MESSAGE_BYTES, &length, capture.arena, &capture.report);
    CHECK(!read_case(&capture));
    CHECK_TEXT(capture_text(&capture), expected == NULL ? "a .txt beside it" : expected);
    capture_close(&capture);
}

static bool name_ends(const char *name, const char *ending)
{
    size_t length = strlen(name), ending_length = strlen(ending);
    return length >= ending_length && strcmp(name + length - ending_length, ending) == 0;
}

/* The texts of all ok_*.lua, one after the other. */
static const char *accepted_texts(struct capture *capture)
{
    struct text text = text_start(capture->arena);
    const char *const *names = file_list("tests/cases", capture->arena, &capture->report);
    for (; names != NULL && *names != NULL; names++) {
        size_t length = 0;
        const char *path = arena_format(capture->arena, "tests/cases/%s", *names);
        if (strncmp(*names, "ok_", 3) == 0)
            text_put(&text, file_read(path, MESSAGE_BYTES, &length, capture->arena, &capture->report));
    }
    return text.data;
}

/* A new mask, position or cache needs a case that uses it. */
static void every_descriptor_has_a_case(void)
{
    struct capture capture;
    struct catalog catalog;
    capture_open(&capture);
    CHECK(catalog_load(&catalog, NULL, capture.arena, &capture.report));
    const char *texts = accepted_texts(&capture);
    for (enum catalog_kind kind = CATALOG_MASK; kind < CATALOG_KINDS; kind++)
        for (int i = 0; i < catalog.count[kind]; i++)
            if (strstr(texts, catalog.entries[kind][i].name) == NULL)
                CHECK_TEXT(catalog.entries[kind][i].name, "a word in tests/cases/ok_*.lua");
    capture_close(&capture);
}

int main(void)
{
    struct report report = { .out = stderr };
    struct arena *arena = arena_create();
    const char *const *names = file_list("tests/cases", arena, &report);
    for (; names != NULL && *names != NULL; names++) {
        if (!name_ends(*names, ".lua"))
            continue;
        case_path = arena_format(arena, "tests/cases/%s", *names);
        test_run(*names, strncmp(*names, "ok_", 3) == 0 ? is_accepted : is_refused);
    }
    arena_destroy(arena);
    RUN(every_descriptor_has_a_case);
    return report.errors > 0 ? 1 : test_end();
}
