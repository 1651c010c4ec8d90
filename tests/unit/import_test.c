/*
** Importing: tests/cases/import/ok_*.json give exactly the .lua beside them, which reads
** back to the same definitions; err_*.json give exactly the message in the .txt.
** Runs in the repository's root.
*/
#include "../../generator/base/file.h"
#include "../../generator/verb/import.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

enum { CASE_BYTES = 1 << 16 };

static const char *case_path;        /* of the running test, without its ending */

/* What an import needs and gives. */
struct bench {
    struct capture capture;
    struct catalog catalog;
    struct family family;
    struct model model;
};

static void bench_open(struct bench *bench)
{
    capture_open(&bench->capture);
    CHECK(catalog_load(&bench->catalog, NULL, bench->capture.arena, &bench->capture.report));
}

static bool bench_import(struct bench *bench, const char *path)
{
    struct arena *arena = bench->capture.arena;
    return family_read(&bench->family, path, &bench->catalog, arena, &bench->capture.report)
        && family_model(&bench->model, &bench->family, &bench->catalog, arena, &bench->capture.report);
}

static const char *case_file(struct bench *bench, const char *ending)
{
    return arena_format(bench->capture.arena, "%s%s", case_path, ending);
}

static const char *case_expected(struct bench *bench, const char *ending)
{
    size_t length;
    const char *path = case_file(bench, ending);
    const char *text = file_read(path, CASE_BYTES, &length, bench->capture.arena, &bench->capture.report);
    return text == NULL ? "a file beside it" : text;
}

static void check_same_definitions(const struct model *found, const struct model *expected)
{
    CHECK_TEXT(found->name, expected->name);
    CHECK(found->layer_count == expected->layer_count);
    if (!CHECK(found->definition_count == expected->definition_count))
        return;
    for (int i = 0; i < expected->definition_count; i++)
        CHECK_TEXT(found->definitions[i].line, expected->definitions[i].line);
}

static void is_imported(void)
{
    struct bench bench;
    struct model again;
    bench_open(&bench);
    struct text text = text_start(bench.capture.arena);
    if (CHECK(bench_import(&bench, case_file(&bench, ".json")))) {
        import_print(&text, &bench.model, &bench.family, "");
        CHECK_TEXT(text.data, case_expected(&bench, ".lua"));
        if (CHECK(definition_read_file(&again, case_file(&bench, ".lua"), &bench.catalog, bench.capture.arena, &bench.capture.report)))
            check_same_definitions(&again, &bench.model);
    }
    CHECK_TEXT(capture_text(&bench.capture), "");
    capture_close(&bench.capture);
}

static void is_refused(void)
{
    struct bench bench;
    bench_open(&bench);
    CHECK(!bench_import(&bench, case_file(&bench, ".json")));
    CHECK_TEXT(capture_text(&bench.capture), case_expected(&bench, ".txt"));
    capture_close(&bench.capture);
}

/* A folder's name becomes the model's, and stands in the config as its weights. */
static void folders_give_names(void)
{
    struct bench bench;
    bench_open(&bench);
    struct arena *arena = bench.capture.arena;
    char *directory = temporary_make(arena);
    const char *folder = arena_format(arena, "%s/Llama-3.2 (1B)", directory);
    const char *config = arena_format(arena, "%s/config.json", folder);
    struct text text = text_start(arena);
    case_path = "tests/cases/import/ok_llama";
    const char *json = case_expected(&bench, ".json");
    CHECK(file_make_directory(folder, &bench.capture.report));
    CHECK(file_write(config, json, strlen(json), &bench.capture.report, NULL));
    CHECK(bench_import(&bench, arena_format(arena, "%s//", folder)));
    CHECK_TEXT(bench.model.name, "llama_3_2__1b_");
    CHECK_TEXT(bench.family.folder, folder);
    CHECK(bench_import(&bench, config));
    CHECK_TEXT(bench.model.name, "llama_3_2__1b_");
    CHECK_TEXT(bench.family.folder, folder);
    import_print(&text, &bench.model, &bench.family, "");
    CHECK(strstr(text.data, arena_format(arena, "weights = \"%s\"\n", folder)) != NULL);
    temporary_remove(directory);
    capture_close(&bench.capture);
}

static void folders_without_a_config_are_refused(void)
{
    struct bench bench;
    bench_open(&bench);
    char *directory = temporary_make(bench.capture.arena);
    CHECK(family_takes(directory));
    CHECK(!family_takes("configs/tiny.lua"));
    CHECK(!bench_import(&bench, directory));
    CHECK_TEXT(capture_text(&bench.capture), arena_format(bench.capture.arena,
               "%s/config.json: cannot be read: No such file or directory\n", directory));
    temporary_remove(directory);
    capture_close(&bench.capture);
}

static void run_cases(struct arena *arena, struct report *report)
{
    const char *const *names = file_list("tests/cases/import", arena, report);
    for (; names != NULL && *names != NULL; names++) {
        const char *ending = strrchr(*names, '.');
        if (ending == NULL || strcmp(ending, ".json") != 0)
            continue;
        case_path = arena_format(arena, "tests/cases/import/%.*s", (int)(ending - *names), *names);
        test_run(*names, strncmp(*names, "ok_", 3) == 0 ? is_imported : is_refused);
    }
}

int main(void)
{
    struct report report = { .out = stderr };
    struct arena *arena = arena_create();
    run_cases(arena, &report);
    RUN(folders_give_names);
    RUN(folders_without_a_config_are_refused);
    arena_destroy(arena);
    return report.errors > 0 ? 1 : test_end();
}
