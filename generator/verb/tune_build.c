#include "tune_build.h"

#include <stdio.h>
#include <string.h>

#include "../base/file.h"
#include "../base/process.h"
#include "../compile/code_bound.h"
#include "../compile/compile.h"
#include "../emit/emit.h"

/* As binary.c compiles, and users do. */
static const char flags[] = "-std=c11 -O2 -fPIC";

/* Emits one plan into a folder of its own, named by its digest. */
static bool candidate_emit(const struct tune_target *target, const struct tune_candidate *candidate, struct tune_object *object,
                           struct compile_product *product)
{
    const struct options *options = target->options;
    struct arena *arena = options->arena;
    const struct emit_options emit = { .targets = target->isa->name, .plan = candidate->text[0] != '\0' ? candidate->text : NULL };
    struct emitted emitted;
    if (!emit_model(&emitted, target->model, &options->catalog, &emit, arena, options->report))
        return false;
    object->directory = arena_format(arena, "%s/%s", target->directory, emitted.digest);
    object->path = arena_format(arena, "%s/%s.so", object->directory, target->model->name);
    const char **sources = arena_alloc(arena, 2, sizeof *sources);
    sources[0] = arena_format(arena, "%s/%s.c", emitted.digest, target->model->name);
    sources[1] = NULL;
    *product = (struct compile_product){ arena_format(arena, "%s/%s.so", emitted.digest, target->model->name), sources, COMPILE_SHARED, NULL };
    return emit_write(&emitted, target->model, object->directory, arena, options->report);
}

/* Two plans may make the same kernels: they are built once. */
static bool is_built(const struct compile_product *products, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(products[i].name, name) == 0)
            return true;
    return false;
}

bool tune_build(const struct tune_target *target, const struct tune_candidate *candidates, struct tune_object *objects, int count)
{
    struct arena *arena = target->options->arena;
    struct compile_product *products = arena_alloc(arena, (size_t)count, sizeof *products);
    int built = 0;
    for (int i = 0; i < count; i++) {
        if (!candidate_emit(target, &candidates[i], &objects[i], &products[built]))
            return false;
        built += !is_built(products, built, products[built].name);
    }
    const struct compile_job job = { "tune", target->directory, flags, "", products, built };
    return compile_run(&job, arena, target->options->report);
}

bool tune_fits(const struct tune_target *target, const struct tune_object *object)
{
    char said[512];
    struct report report = { .out = fmemopen(said, sizeof said, "w") };
    const bool fits = report.out != NULL
        && code_bound_kept(target->model, object->path, &target->options->catalog, target->options->arena, &report);
    if (report.out != NULL)
        fclose(report.out);
    return fits;
}

/* Only failures are worth reading. */
static void line_take(void *context, const char *line)
{
    (void)context;
    if (strncmp(line, "fail ", 5) == 0)
        fprintf(stderr, "%s\n", line);
}

bool tune_check(const struct tune_target *target, const struct tune_object *object)
{
    const char *program = arena_format(target->options->arena, "%s/build/attn_check", target->root);
    const char *const command[] = { program, target->model->name, object->path, "--quick", NULL };
    struct process process = { .command = command, .take = line_take };
    if (!process_run(&process, 1, 1, target->options->report))
        return false;
    if (process.signal == 0 && process.status < 2)
        return process.status == 0;
    report_error(target->options->report, (struct where){ program, 0 }, "ended with %s %d", process.signal != 0 ? "signal" : "status",
                 process.signal != 0 ? process.signal : process.status);
    return false;
}
