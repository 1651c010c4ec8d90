#include "code_bound.h"

#include "code_size.h"

bool code_bound_given(const struct model *model)
{
    for (int i = 0; i < model->definition_count; i++)
        if (model->definitions[i].max_code > 0)
            return true;
    return false;
}

static bool definition_keeps(const struct definition *definition, const struct code_size *size, const char *target, struct report *report)
{
    const long bytes = size->write + size->prefill + size->decode + size->shared;
    if (definition->max_code == 0 || size->prefill == 0 || bytes <= definition->max_code)
        return true;
    report_error(report, definition->max_code_where,
                 "max_code is %d, and the code of %s on %s takes %ld bytes (write %ld, prefill %ld, decode %ld, shared %ld); "
                 "try smaller register tiles (--plan), other targets (--target), or a larger max_code",
                 definition->max_code, definition->name, target, bytes, size->write, size->prefill, size->decode, size->shared);
    return false;
}

bool code_bound_kept(const struct model *model, const char *object, const struct catalog *catalog, struct arena *arena,
                     struct report *report)
{
    struct code_symbols symbols;
    bool kept = true;
    if (!code_bound_given(model))
        return true;
    if (!code_symbols_read(&symbols, object, arena, report))
        return false;
    for (int i = 0; i < model->definition_count; i++)
        for (int target = 0; target < catalog->count[CATALOG_ISA]; target++) {
            const char *name = catalog->entries[CATALOG_ISA][target].name;
            const struct code_size size = code_size_of(&symbols, model, i, name, arena);
            kept = definition_keeps(&model->definitions[i], &size, name, report) && kept;
        }
    return kept;
}
