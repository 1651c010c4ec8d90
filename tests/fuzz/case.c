/*
** An operator's case: its text, beside files of a few sizes, and what the runner makes of it without kernels.
*/
#include "../../generator/base/file.h"
#include "../operators/operators.h"
#include "fuzz.h"
#include "fuzz_generator.h"

static const int sizes[] = { 4, 8, 16, 24, 32, 48, 64, 96, 192 };

enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void write_file(const char *folder, const char *name, const void *data, size_t size)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL && fwrite(data, 1, size, file) == size);
    fclose(file);
}

/* Files of floats from 1 on are named by their bytes; one holds 1, whole holds 0 and 2, which are integers. */
static void folder_make(char *folder, size_t room, const uint8_t *data, size_t size)
{
    const char *parent = getenv("TMPDIR");
    float values[48];
    char name[16];
    snprintf(folder, room, "%s/fuzz_XXXXXX", parent == NULL ? "/tmp" : parent);
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    for (int i = 0; i < 48; i++)
        values[i] = (float)(i + 1);
    for (int i = 0; i < SIZES; i++) {
        snprintf(name, sizeof name, "%d", sizes[i]);
        write_file(folder, name, values, (size_t)sizes[i]);
    }
    write_file(folder, "one", &(const int32_t){ 1 }, 4);
    write_file(folder, "whole", (const int32_t[]){ 0, 2 }, 8);
    write_file(folder, "case.txt", data, size);
}

static void folder_remove(const char *folder, struct arena *arena, struct report *report)
{
    const char *const *names = file_list(folder, arena, report);
    for (; names != NULL && *names != NULL; names++)
        unlink(arena_format(arena, "%s/%s", folder, *names));
    rmdir(folder);
}

static void case_use(const struct operator_case *given, struct arena *arena)
{
    const struct operator *operator = operator_find(given);
    const char *why = NULL;
    struct call *call = arena_alloc(arena, 1, sizeof *call);
    call->given = given;
    call->arena = arena;
    if (operator == NULL || operator->why != NULL || operator_unread(operator, given) != NULL)
        return;
    if (operator->compute != NULL)
        FUZZ_CHECK(operator->compute(given, arena, &why) != NULL || why != NULL);
    else if (operator->express(call))
        FUZZ_CHECK(call_definition(call) != NULL);
    else
        FUZZ_CHECK(call->refusal != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_generator fuzz;
    char folder[512];
    fuzz_generator_open(&fuzz);
    folder_make(folder, sizeof folder, data, size);
    const struct operator_case *given = case_read(folder, fuzz.arena, &fuzz.report);
    if (given != NULL)
        case_use(given, fuzz.arena);
    folder_remove(folder, fuzz.arena, &fuzz.report);
    fuzz_generator_close(&fuzz, given != NULL);
    return 0;
}
