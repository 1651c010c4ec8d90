#include "bench.h"

#include <string.h>
#include <unistd.h>

#include "compile.h"
#include "emit.h"
#include "file.h"
#include "source.h"
#include "text.h"

/* What is compiled with every model, besides the reference, whose expressions count visible keys. */
static const char *const timing[] = {
    "runtime/bench_main.c", "runtime/bench.c", "runtime/machine.c", "runtime/pool.c", "runtime/memory.c", "runtime/problem.c", NULL
};

enum { ARGUMENTS = 16 };

/* As users compile emitted code: no flags for an instruction set. */
static const char compile_flags[] = "-std=c11 -O2 -D_GNU_SOURCE";

static bool main_write(const struct options *options, const char *directory, const char *name)
{
    struct text text = text_start(options->arena);
    text_format(&text,
                "#include \"%s.h\"\n\n"
                "int bench_main(const struct attn_model_kernels *kernels, int argc, char **argv);   /* runtime/bench_main.c */\n\n"
                "int main(int argc, char **argv)\n{\n    return bench_main(&%s_kernels, argc, argv);\n}\n", name, name);
    const char *path = arena_format(options->arena, "%s/bench_%s.c", directory, name);
    return file_write(path, text.data, text.length, options->report, NULL);
}

/* The program, ready to run; NULL after a report. */
static const char *program_make(const struct options *options, const struct model *model)
{
    struct arena *arena = options->arena;
    struct report *report = options->report;
    const struct emit_options emit = { .targets = options->text[OPTION_TARGET] };
    const char *root = compile_root(arena, report), *name = arena_format(arena, "bench_%s", model->name);
    const char *const own[] = { arena_format(arena, "%s.c", model->name), arena_format(arena, "%s.c", name), NULL };
    struct emitted emitted;
    if (root == NULL || !emit_model(&emitted, model, &options->catalog, &emit, arena, report))
        return NULL;
    const char *directory = compile_directory(root, emitted.digest, arena, report);
    if (directory == NULL || !emit_write(&emitted, model, directory, arena, report) || !main_write(options, directory, model->name))
        return NULL;
    const struct compile_product product = { .name = name, .sources = compile_sources(root, timing, own, arena) };
    const struct compile_job job = { "bench", directory, compile_flags, "-lm -lpthread", &product, 1 };
    return compile_run(&job, arena, report) ? arena_format(arena, "%s/%s", directory, name) : NULL;
}

/* Options that the timing program reads, passed on as they were given. */
static void arguments_add(const struct options *options, const char **arguments)
{
    static const struct { enum option option; const char *name; } passed[] = {
        { OPTION_PHASE, "--phase" }, { OPTION_Q, "--q" }, { OPTION_KV, "--kv" },
        { OPTION_THREADS, "--threads" }, { OPTION_JSON, "--json" }
    };
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        if (options->text[passed[i].option] == NULL)
            continue;
        *arguments++ = passed[i].name;
        if (passed[i].option != OPTION_JSON)
            *arguments++ = options_value(options, passed[i].option);
    }
    *arguments = NULL;
}

static bool phase_known(const struct options *options)
{
    static const char *const phases[] = { "write", "prefill", "append", "decode", NULL };
    const char *phase = options->text[OPTION_PHASE];
    const struct where command_line = { NULL, 0 };
    for (int i = 0; phase != NULL && phases[i] != NULL; i++)
        if (strcmp(phase, phases[i]) == 0 && (i > 0 || options->text[OPTION_Q] == NULL))
            return true;
        else if (strcmp(phase, phases[i]) == 0) {
            report_error(options->report, command_line, "--q has no effect on --phase write; --kv says how many keys");
            return false;
        }
    if (phase != NULL)
        report_error(options->report, command_line, "--phase is '%s'; expected write, prefill, append or decode", phase);
    return phase == NULL;
}

int verb_bench(const struct options *options)
{
    const char *arguments[ARGUMENTS] = { NULL, options->input };
    struct source source;
    if (!phase_known(options) || !source_read(&source, options->input, &options->catalog, options->arena, options->report))
        return 2;
    arguments[0] = program_make(options, &source.model);
    if (arguments[0] == NULL)
        return 2;
    arguments_add(options, arguments + 2);
    execv(arguments[0], (char *const *)arguments);
    const struct where where = { arguments[0], 0 };
    report_error(options->report, where, "the timing program cannot be started");
    return 2;
}
