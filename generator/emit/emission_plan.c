/*
** Which plan a definition is emitted with.
*/
#include <stdio.h>
#include <string.h>

#include "emission.h"

static bool stale(const struct tuned *tuned, const struct tuned_entry *entry, const char *why)
{
    fprintf(stderr, "%s:%d: stale, not used: %s; `attngen tune` makes it anew\n", tuned->file, entry->where.line, why);
    return false;
}

/* Whether the entry is for this compiler and these kernels; *failed when that cannot be known, after a report. */
static bool entry_fresh(const struct emission *e, const struct tuned_entry *entry, const struct definition *definition, bool *failed)
{
    struct tuned *tuned = e->tuned;
    if (tuned->compiler == NULL)
        tuned->compiler = tuned_compiler(e->arena, e->report);
    const char *kernels = tuned_kernels(definition, entry->target, e->catalog, e->arena, e->report);
    *failed = tuned->compiler == NULL || kernels == NULL;
    if (*failed)
        return false;
    if (strcmp(entry->compiler, tuned->compiler) != 0)
        return stale(tuned, entry, arena_format(e->arena, "it was tuned for %s, and this is %s", entry->compiler, tuned->compiler));
    if (strcmp(entry->kernels, kernels) != 0)
        return stale(tuned, entry, "the templates make other kernels now");
    return true;
}

bool emission_choose_plan(const struct emission *e, struct plan *plan, const struct definition *definition, const struct descriptor *isa)
{
    const bool asked = e->plan != NULL || e->tuned == NULL;
    const struct tuned_entry *entry = asked ? NULL : tuned_find(e->tuned, definition->line, isa->name);
    struct plan_request request;
    bool failed = false;
    if (entry == NULL || !entry_fresh(e, entry, definition, &failed) || entry->chosen.plan[0] == '\0')
        return !failed && plan_choose(plan, definition, isa, &e->request, e->report);
    fprintf(stderr, "%s:%d: %s on %s is tuned: %s\n", e->tuned->file, entry->where.line, definition->name, isa->name, entry->chosen.plan);
    return plan_request_read(&request, entry->chosen.plan, entry->where, e->report)
        && plan_choose(plan, definition, isa, &request, e->report);
}
