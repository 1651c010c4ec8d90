/*
** What an entry of a tuned table has to agree with: the compiler, and the kernels as they are without tuning.
*/
#include <stdlib.h>
#include <string.h>

#include "../base/process.h"
#include "tuned.h"

struct first_line { struct arena *arena; const char *text; };

static void line_take(void *context, const char *line)
{
    struct first_line *first = context;
    if (first->text == NULL)
        first->text = arena_copy(first->arena, line, strlen(line));
}

/* $CC may have arguments, so a shell reads it, as ninja does. */
const char *tuned_compiler(struct arena *arena, struct report *report)
{
    const char *cc = getenv("CC");
    if (cc == NULL || *cc == '\0')
        cc = "clang";
    const char *const command[] = { "sh", "-c", arena_format(arena, "exec %s --version", cc), NULL };
    struct first_line first = { arena, NULL };
    struct process process = { .command = command, .take = line_take, .context = &first };
    if (!process_run(&process, 1, 1, report))
        return NULL;
    if (process.status == 0 && process.signal == 0 && first.text != NULL)
        return first.text;
    report_error(report, (struct where){ cc, 0 }, "does not say its version; is $CC a compiler?");
    return NULL;
}

/* Under names of its own, so that it does not matter what a model calls them. */
const char *tuned_kernels(const struct definition *definition, const char *target, const struct catalog *catalog,
                          struct arena *arena, struct report *report)
{
    struct definition *alone = arena_alloc(arena, 1, sizeof *alone);
    *alone = *definition;
    alone->name = "attention";
    const struct model model = { .name = "tuned", .file = "tuned", .definitions = alone, .definition_count = 1 };
    const struct emit_options emit = { .targets = target };
    struct emitted emitted;
    return emit_model(&emitted, &model, catalog, &emit, arena, report) ? emitted.digest : NULL;
}
