#include "picture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/process.h"

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), tail = strlen(ending);
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

bool picture_fits(const char *option, const char *file, struct report *report)
{
    if (ends_in(file, ".svg") || ends_in(file, ".png"))
        return true;
    report_error(report, (struct where){ NULL, 0 }, "%s is '%s'; expected a file that ends in .svg or .png", option, file);
    return false;
}

static void line_show(void *context, const char *line)
{
    const struct report *report = context;
    fprintf(report->out, "%s\n", line);
}

bool picture_draw(const char *root, const char *script, const char *from, const char *to, struct arena *arena, struct report *report)
{
    const char *own = arena_format(arena, "%s/build/venv/bin/python", root);
    const char *path = arena_format(arena, "%s/%s", root, script);
    const char *const command[] = { access(own, X_OK) == 0 ? own : "python3", path, from, to, NULL };
    struct process process = { .command = command, .output = PROCESS_ALL, .take = line_show, .context = report };
    if (!process_run(&process, 1, 1, report))
        return false;
    if (process.status == 0 && process.signal == 0)
        return true;
    report_error(report, (struct where){ path, 0 }, "cannot draw %s: it needs matplotlib, which ./bootstrap puts into build/venv", to);
    return false;
}
