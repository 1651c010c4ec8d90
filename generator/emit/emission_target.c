/*
** Which targets are emitted.
*/
#include <string.h>

#include "emission.h"

static const char **target_names(const struct catalog *catalog, struct arena *arena)
{
    const char **names = arena_alloc(arena, (size_t)catalog->count[CATALOG_ISA] + 1, sizeof *names);
    for (int i = 0; i < catalog->count[CATALOG_ISA]; i++)
        names[i] = catalog->entries[CATALOG_ISA][i].name;
    return names;
}

bool emit_targets_name(const char *targets, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = targets; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* Every name in the list must be a target. */
static bool targets_check(const struct emission *e, const char *targets)
{
    const struct where nowhere = { NULL, 0 };
    for (const char *at = targets; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        const char *name = arena_copy(e->arena, at, length);
        if (catalog_find(e->catalog, CATALOG_ISA, name) == NULL) {
            const char *nearest = report_nearest(name, target_names(e->catalog, e->arena));
            report_error(e->report, nowhere, "--target: unknown target '%s'%s%s%s; `attngen list targets` prints them",
                         name, nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "");
            return false;
        }
        at += length + (at[length] == ',');
    }
    return true;
}

bool emission_target_fits(const struct descriptor *isa, const struct definition *definition)
{
    return isa->computes[0] == '\0' || strcmp(isa->computes, definition->compute->name) == 0;
}

/* Whether the target is for some definition of the model. */
static bool target_has_use(const struct emission *e, const struct descriptor *isa)
{
    for (int i = 0; i < e->model->definition_count; i++)
        if (emission_target_fits(isa, &e->model->definitions[i]))
            return true;
    return false;
}

static bool definition_has_target(const struct emission *e, const struct definition *definition)
{
    for (int i = 0; i < e->target_count; i++)
        if (emission_target_fits(e->targets[i], definition))
            return true;
    report_error(e->report, definition->where, "%s computes in %s; --target names none that does", definition->name,
                 definition->compute->name);
    return false;
}

/* In the catalogue's order, whatever order the user named them in: the first is the last resort. */
bool emission_choose_targets(struct emission *e, const char *targets)
{
    const struct where command_line = { NULL, 0 };
    if (targets != NULL && !targets_check(e, targets))
        return false;
    for (int i = 0; i < e->catalog->count[CATALOG_ISA] && e->target_count < EMIT_TARGETS; i++) {
        const struct descriptor *isa = &e->catalog->entries[CATALOG_ISA][i];
        if (targets == NULL ? target_has_use(e, isa) : emit_targets_name(targets, isa->name))
            e->targets[e->target_count++] = isa;
    }
    for (int i = 0; i < e->target_count; i++)
        if (!target_has_use(e, e->targets[i])) {
            report_error(e->report, command_line, "--target: %s is for compute = %s, which no attention here has", e->targets[i]->name,
                         e->targets[i]->computes);
            return false;
        }
    if (e->target_count == 0)
        report_error(e->report, command_line, "--target names no target; `attngen list targets` prints them");
    for (int i = 0; i < e->model->definition_count && e->target_count > 0; i++)
        if (!definition_has_target(e, &e->model->definitions[i]))
            return false;
    return e->target_count > 0;
}
