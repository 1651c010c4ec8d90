/*
** A model folder's config.json: JSON, the family's rules, and the definitions that they give.
*/
#include "../../generator/model/family.h"
#include "fuzz_generator.h"

static bool config_read(const char *path, struct fuzz_generator *fuzz)
{
    const struct catalog *catalog = fuzz_catalog();
    struct family family;
    struct model model;
    return family_read(&family, path, catalog, fuzz->arena, &fuzz->report)
        && family_model(&model, &family, catalog, fuzz->arena, &fuzz->report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_generator fuzz;
    struct fuzz_file file;
    fuzz_generator_open(&fuzz);
    fuzz_file_make(&file, data, size);
    const bool read = config_read(file.path, &fuzz);
    fuzz_file_remove(&file);
    fuzz_generator_close(&fuzz, read);
    return 0;
}
