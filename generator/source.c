#include "source.h"

bool source_read(struct source *source, const char *input, const struct catalog *catalog,
                 struct arena *arena, struct report *report)
{
    *source = (struct source){ .has_family = family_takes(input) };
    if (source->has_family)
        return family_read(&source->family, input, catalog, arena, report)
            && family_model(&source->model, &source->family, catalog, arena, report);
    if (!definition_read_file(&source->model, input, catalog, arena, report))
        return false;
    source->has_family = source->model.weights != NULL;
    return !source->has_family || family_read(&source->family, source->model.weights, catalog, arena, report);
}
