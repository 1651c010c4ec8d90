#include "harness.h"

#include "../base/text.h"
#include "compile.h"

static const char flags[] = "-std=c11 -O2 -ffp-contract=off -D_GNU_SOURCE";
static const char archive[] = "harness.a";

/* Under root: the check, the reference, and the expressions that it computes. */
static const char *const files[] = {
    "runtime/check_main.c", "runtime/check_ways.c", "runtime/check_identity.c", "runtime/check_verdict.c",
    "runtime/check_run.c", "runtime/check_trial.c", "runtime/check_strided.c", "runtime/check_guard.c",
    "runtime/check_array.c", "runtime/check_cache.c", "runtime/check_outputs.c",
    "runtime/reference.c", "runtime/reference_line.c", "runtime/reference_line_check.c", "runtime/reference_norm.c",
    "runtime/reference_compute.c", "runtime/reference_rotation.c",
    "runtime/array.c", "runtime/narrow.c", "runtime/random.c",
    "generator/expression/expression.c", "generator/expression/expression_text.c",
    "generator/expression/expression_value.c", "generator/expression/expression_token.c",
    "generator/expression/expression_parser.c", "generator/expression/expression_table.c",
    "generator/expression/expression_array.c", "generator/expression/expression_parse.c",
    "generator/expression/expression_fold.c", "generator/expression/range.c", "generator/expression/linear.c"
};

enum { FILES = sizeof files / sizeof *files };

const char *harness_make(const char *root, struct arena *arena, struct report *report)
{
    struct text command = text_start(arena);
    text_format(&command, "%s %s", compile_compiler(), flags);
    const char *name = arena_format(arena, "harness_%s", text_digest(&command));
    const char *directory = compile_directory(root, name, arena, report);
    const char *sources[FILES + 1] = { NULL };
    for (int i = 0; i < FILES; i++)
        sources[i] = arena_format(arena, "%s/%s", root, files[i]);
    const struct compile_product product = { archive, sources, COMPILE_ARCHIVE, NULL };
    const struct compile_job job = { "harness", directory, flags, "", &product, 1 };
    if (directory == NULL || !compile_run(&job, arena, report))
        return NULL;
    return arena_format(arena, "%s/%s", directory, archive);
}
