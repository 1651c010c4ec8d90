/*
** Cases as files: tests/cases/err_*.lua must give exactly the message in the .txt
** beside it, ok_*.lua must be accepted without a word. Runs in the repository's root.
*/
#include "../generator/definition.h"
#include "../generator/file.h"
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

int main(void)
{
    struct report report = { .out = stderr };
    struct arena *arena = arena_create();
    const char *const *names = file_list("tests/cases", arena, &report);
    for (; names != NULL && *names != NULL; names++) {
        size_t length = strlen(*names);
        if (length < 4 || strcmp(*names + length - 4, ".lua") != 0)
            continue;
        case_path = arena_format(arena, "tests/cases/%s", *names);
        test_run(*names, strncmp(*names, "ok_", 3) == 0 ? is_accepted : is_refused);
    }
    arena_destroy(arena);
    return report.errors > 0 ? 1 : test_end();
}
