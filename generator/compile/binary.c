#include "binary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/file.h"
#include "code_bound.h"
#include "compile.h"

enum { LOG_BYTES = 1 << 20 };                /* of ninja's log, most */

static const char flags[] = "-std=c11 -O2 -fPIC";
static const char job_name[] = "kernels";

double binary_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Ninja's log has a line for each command that it ran: begin and end in ms, a time, what was made, a digest. */
static double logged_seconds(const struct binary *binary, const char *object, struct arena *arena, struct report *report)
{
    size_t length;
    const char *path = arena_format(arena, "%s/%s/.ninja_log", binary->directory, job_name);
    const char *line = file_read(path, LOG_BYTES, &length, arena, report);
    double seconds = 0.0;
    while (line != NULL) {
        long begin, end;
        char made[256];
        if (sscanf(line, "%ld\t%ld\t%*s\t%255s", &begin, &end, made) == 3 && strcmp(made, object) == 0)
            seconds = 1e-3 * (double)(end - begin);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return seconds;
}

bool binary_compile(struct binary *binary, const struct model *model, const char *root, const struct options *options)
{
    struct arena *arena = options->arena;
    struct report *report = options->report;
    const char *const sources[] = { arena_format(arena, "%s.c", model->name), NULL };
    const char *shared = arena_format(arena, "%s.so", model->name);
    const struct compile_product product = { shared, sources, COMPILE_SHARED, NULL };
    binary->directory = compile_directory(root, binary->emitted.digest, arena, report);
    const struct compile_job job = { job_name, binary->directory, flags, "", &product, 1 };
    if (binary->directory == NULL || !emit_write(&binary->emitted, model, binary->directory, arena, report)
        || !compile_run(&job, arena, report))
        return false;
    binary->path = arena_format(arena, "%s/%s", binary->directory, shared);
    binary->compile_seconds = logged_seconds(binary, arena_format(arena, "%s/0_%s.c.o", job_name, model->name), arena, report);
    return code_bound_kept(model, binary->path, &options->catalog, arena, report);
}

bool binary_make(struct binary *binary, const struct model *model, const char *root, const struct emit_options *emit,
                 const struct options *options)
{
    const double start = binary_clock();
    struct model named = *model;
    named.file = model->name;            /* configs of one digest share the files */
    if (!emit_model(&binary->emitted, &named, &options->catalog, emit, options->arena, options->report))
        return false;
    binary->emit_seconds = binary_clock() - start;
    return binary_compile(binary, model, root, options);
}
