/*
** A config in Lua: the sandbox, then the definitions of attention in what it assigned.
*/
#include "../../generator/definition/definition.h"
#include "../../generator/script/script.h"
#include "fuzz_generator.h"

enum { STEPS = 200 * 1000 };      /* for speed: most endless loops are found after a few */

static bool config_read(const uint8_t *data, size_t size, struct fuzz_generator *fuzz)
{
    const struct catalog *catalog = fuzz_catalog();
    struct model model;
    struct script script = {
        .source = { "config.lua", arena_copy(fuzz->arena, (const char *)data, size), size },
        .words = definition_words(catalog, fuzz->arena), .fields = definition_fields(), .steps = STEPS
    };
    const struct value *config = script_run(&script, fuzz->arena, &fuzz->report);
    return config != NULL && definition_read(&model, config, catalog, fuzz->arena, &fuzz->report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_generator fuzz;
    fuzz_generator_open(&fuzz);
    fuzz_generator_close(&fuzz, config_read(data, size, &fuzz));
    return 0;
}
