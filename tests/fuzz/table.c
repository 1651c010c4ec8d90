/*
** Tuned tables, which come from strangers. One that is accepted is printed as a table that says the same.
*/
#include "../../generator/plan/tuned.h"
#include "fuzz_generator.h"

static const char *printed(const struct tuned *tuned, struct arena *arena, size_t *length)
{
    struct text text = text_start(arena);
    tuned_print(&text, tuned);
    *length = text.length;
    return text.data;
}

static bool table_read(struct tuned *tuned, const char *text, size_t length, struct fuzz_generator *fuzz)
{
    const struct script_source source = { "table.lua", text, length };
    return tuned_read_text(tuned, &source, fuzz->arena, &fuzz->report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_generator fuzz;
    struct tuned first, second;
    size_t length, again;
    fuzz_generator_open(&fuzz);
    const bool read = table_read(&first, arena_copy(fuzz.arena, (const char *)data, size), size, &fuzz);
    if (read) {
        const char *text = printed(&first, fuzz.arena, &length);
        FUZZ_CHECK(table_read(&second, text, length, &fuzz));
        FUZZ_CHECK(strcmp(printed(&second, fuzz.arena, &again), text) == 0);
    }
    fuzz_generator_close(&fuzz, read);
    return 0;
}
