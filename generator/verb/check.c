#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/process.h"
#include "../compile/binary.h"
#include "../compile/code_bound.h"
#include "../compile/compile.h"
#include "../compile/harness.h"
#include "../definition/random_definition.h"
#include "../emit/emit.h"
#include "../model/source.h"
#include "../plan/plan.h"
#include "../plan/tuned.h"

enum {
    FILE_DEFINITIONS = 25,       /* random definitions in one C file */
    TRYING_BYTES     = 2048
};

/* Emitted code is free of warnings by contract, so one is an error here. */
#define WARNINGS " -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wshadow -Werror"

/* One invocation. */
struct checking {
    const struct options *options;
    struct emit_options emit;
    const char *root, *directory;
    const char *harness;                   /* harness_make's */
    bool random;
    struct compile_product *products;      /* (product_count): one program a model */
    int product_count;

    /* What the programs said. */
    int passed, failed, skipped;
    double worst;
};

/* One program of it, running. */
struct program {
    struct checking *checking;
    const char *name;
    const char *command[12];
    int first;                             /* the definition that it starts with */
    int at;                                /* the one that it is at */
    char trying[TRYING_BYTES];             /* what it does there; "" between two definitions */
};

static uint64_t checking_seed(const struct checking *checking)
{
    const struct options *options = checking->options;
    return options->text[OPTION_SEED] != NULL ? (uint64_t)options->number[OPTION_SEED] : 1;
}

/* Programs ----------------------------------------------------------------------------------- */

/* The main of a model's program. */
static bool main_write(const struct checking *checking, const char *name)
{
    struct arena *arena = checking->options->arena;
    struct text text = text_start(arena);
    text_format(&text,
                "#include \"%s.h\"\n\n"
                "/* runtime/check_main.c */\n"
                "int check_main(const struct attn_model_kernels *kernels, int argc, char **argv);\n\n"
                "int main(int argc, char **argv)\n{\n    return check_main(&%s_kernels, argc, argv);\n}\n", name, name);
    const char *path = arena_format(arena, "%s/check_%s.c", checking->directory, name);
    return file_write(path, text.data, text.length, checking->options->report, NULL);
}

static void product_add(struct checking *checking, const char *name)
{
    struct arena *arena = checking->options->arena;
    const char **sources = arena_alloc(arena, 3, sizeof *sources);
    sources[0] = arena_format(arena, "%s.c", name);
    sources[1] = arena_format(arena, "check_%s.c", name);
    checking->products[checking->product_count++] = (struct compile_product){
        arena_format(arena, "check_%s", name), sources, COMPILE_PROGRAM, checking->harness
    };
}

/* Emits a model into the directory, which a config's is named after its digest. */
static bool model_add(struct checking *checking, const struct model *model, const char *plan, struct arena *arena)
{
    const struct options *options = checking->options;
    struct emit_options emit = checking->emit;
    struct emitted emitted;
    struct model named = *model;
    named.file = model->name;            /* configs of one digest share the files */
    emit.plan = plan;
    if (!emit_model(&emitted, &named, &options->catalog, &emit, arena, options->report))
        return false;
    struct binary binary = { .emitted = emitted };
    if (code_bound_given(model) && !binary_compile(&binary, model, checking->root, options))
        return false;
    if (checking->directory == NULL)
        checking->directory = compile_directory(checking->root, emitted.digest, options->arena, options->report);
    if (checking->directory == NULL
        || !emit_write(&emitted, model, checking->directory, arena, options->report))
        return false;
    product_add(checking, model->name);
    return main_write(checking, model->name);
}

/* In an arena of its own: the C text of many random definitions is hundreds of megabytes. */
static bool config_add(struct checking *checking, const char *file, const char *plan)
{
    const struct options *options = checking->options;
    struct arena *arena = arena_create();
    struct source source;
    const bool added = source_read(&source, file, &options->catalog, arena, options->report)
                    && model_add(checking, &source.model, plan, arena);
    arena_destroy(arena);
    return added;
}

/* As asked for, or each second file's at random. */
static const char *random_plan(const struct checking *checking, int index, struct random *random)
{
    struct text plan = text_start(checking->options->arena);
    if (checking->options->text[OPTION_PLAN] != NULL || index % 2 == 0)
        return checking->options->text[OPTION_PLAN];
    random_definition_plan(&plan, random);
    return plan.data;
}

/* The compute of the targets that are asked for, where they are for one alone, or NULL; false after a report: of two. */
static bool random_compute(const char **compute, const struct options *options)
{
    static const struct where command_line = { NULL, 0 };
    const struct descriptor *found = NULL;
    for (int i = 0; i < options->catalog.count[CATALOG_ISA]; i++) {
        const struct descriptor *isa = &options->catalog.entries[CATALOG_ISA][i];
        if (isa->computes[0] == '\0' || !emit_targets_name(options->text[OPTION_TARGET], isa->name))
            continue;
        if (found != NULL && strcmp(found->computes, isa->computes) != 0) {
            report_error(options->report, command_line, "--target: %s is for compute = %s and %s for compute = %s; check --random takes "
                         "targets of one compute", found->name, found->computes, isa->name, isa->computes);
            return false;
        }
        found = isa;
    }
    *compute = found != NULL ? found->computes : NULL;
    return true;
}

/* What a plan and the targets do not take is not drawn; what the plan leaves open is 0 in its request. */
static bool random_wish_read(struct random_wish *wish, const char *plan, const struct options *options)
{
    struct plan_request request;
    if (!plan_request_read(&request, plan, (struct where){ NULL, 0 }, options->report))
        return false;
    const int *value = request.value;
    *wish = (struct random_wish){
        .block = plan_block(&request), .whole_blocks = value[PLAN_FETCH] == 1 || value[PLAN_APPEND_FETCH] == 1,
        .own_values = value[PLAN_APPEND_ROWS] > 1 || value[PLAN_APPEND_VECTORS] > 1 || value[PLAN_APPEND_COLUMNS] > 1
            || value[PLAN_APPEND_FETCH] == 1
    };
    return random_compute(&wish->compute, options);
}

/* The index-th file of random definitions, which says how to check it again. */
static bool random_add(struct checking *checking, int index, int count, struct random *random)
{
    const struct options *options = checking->options;
    struct text text = text_start(options->arena);
    const char *name = arena_format(options->arena, "random_%d", index);
    const char *file = arena_format(options->arena, "%s/%s.lua", checking->directory, name);
    const char *plan = random_plan(checking, index, random);
    struct random_wish wish;
    if (!random_wish_read(&wish, plan, options))
        return false;
    if (plan != NULL)
        text_format(&text, "-- attngen check --plan %s\n", plan);
    random_definition_config(&text, name, count, &wish, random);
    return file_write(file, text.data, text.length, options->report, NULL) && config_add(checking, file, plan);
}

static bool randoms_add(struct checking *checking, int count)
{
    const struct options *options = checking->options;
    struct random random = random_start(checking_seed(checking));
    const char *name = arena_format(options->arena, "random_%d_%llu", count,
                                    (unsigned long long)checking_seed(checking));
    checking->directory = compile_directory(checking->root, name, options->arena, options->report);
    if (checking->directory == NULL)
        return false;
    for (int index = 0; count > 0; index++, count -= FILE_DEFINITIONS)
        if (!random_add(checking, index, count < FILE_DEFINITIONS ? count : FILE_DEFINITIONS, &random))
            return false;
    return true;
}

/* What they say ------------------------------------------------------------------------------ */

static void pass_count(struct checking *checking, const char *line)
{
    static const char label[] = "largest error ";
    const char *at = strstr(line, label);
    const double error = at != NULL ? strtod(at + strlen(label), NULL) : 0.0;
    checking->passed++;
    if (error > checking->worst)
        checking->worst = error;
}

static void progress_show(const struct checking *checking)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rchecked %d\033[K", checking->passed + checking->failed + checking->skipped);
}

/* "3 softmax ...": the index of a definition, and what is done with it. */
static void trying_take(struct program *program, const char *line)
{
    char *text;
    program->at = (int)strtol(line, &text, 10);
    snprintf(program->trying, sizeof program->trying, "%s", text + strspn(text, " "));
}

/* A config's lines are all shown, of random ones the failures. */
static void line_take(void *context, const char *line)
{
    struct program *program = context;
    struct checking *checking = program->checking;
    const bool pass = strncmp(line, "pass ", 5) == 0;
    const bool fail = strncmp(line, "fail ", 5) == 0;
    const bool skip = strncmp(line, "skip ", 5) == 0;
    if (strncmp(line, "trying ", 7) == 0)
        trying_take(program, line + 7);
    if (!pass && !fail && !skip)
        return;
    program->trying[0] = '\0';
    if (fail || !checking->random)
        puts(line);
    checking->failed += fail;
    checking->skipped += skip;
    if (pass)
        pass_count(checking, line);
    progress_show(checking);
}

static const char *process_end(const struct process *process, struct arena *arena)
{
    return process->signal != 0 ? arena_format(arena, "signal %d", process->signal)
                                : arena_format(arena, "status %d", process->status);
}

/* A program that ended in the middle of a try has failed it; what it knew of the definition is lost with it. */
static void death_print(struct program *program, const struct process *process)
{
    const bool outside = process->signal == SIGSEGV || process->signal == SIGBUS;
    printf("fail %s; the program ended with %s%s; the definition's other targets have no result\n", program->trying,
           process_end(process, program->checking->options->arena),
           outside ? ": a kernel read or wrote outside of its memory" : "");
    program->checking->failed++;
}

/*
** Whether a program came to its end, or died in a try, which is a failure of that try: then it has to run again,
** from the next definition on, and its name is set.
*/
static bool program_ended(struct program *program, const struct process *process)
{
    const struct options *options = program->checking->options;
    if (program->trying[0] != '\0') {
        death_print(program, process);
        program->first = program->at + 1;
        program->trying[0] = '\0';
        return true;
    }
    program->name = NULL;
    if (process->signal != 0 || process->status > 1) {
        const struct where where = { program->command[4], 0 };
        report_error(options->report, where, "ended with %s", process_end(process, options->arena));
        return false;
    }
    return true;
}

/* The runner is a command with arguments, as a shell reads it. */
static void program_prepare(struct program *program)
{
    const struct checking *checking = program->checking;
    struct arena *arena = checking->options->arena;
    const char *runner = checking->options->text[OPTION_RUNNER];
    const char *const command[] = {
        "sh", "-c", arena_format(arena, "exec %s \"$@\"", runner != NULL ? runner : ""), "sh",
        arena_format(arena, "%s/%s", checking->directory, program->name), "--trace",
        "--seed", arena_format(arena, "%llu", (unsigned long long)checking_seed(checking)),
        "--first", arena_format(arena, "%d", program->first), checking->random ? "--quick" : NULL, NULL
    };
    memcpy(program->command, command, sizeof command);
}

/* Runs the programs, and keeps those that have to run again at the front: *left of them. */
static bool programs_round(struct program *programs, int count, int *left, const struct options *options)
{
    struct process *processes = arena_alloc(options->arena, (size_t)count, sizeof *processes);
    for (int i = 0; i < count; i++) {
        program_prepare(&programs[i]);
        processes[i] = (struct process){ .command = programs[i].command, .take = line_take, .context = &programs[i] };
    }
    bool good = process_run(processes, count, process_processors(), options->report);
    *left = 0;
    for (int i = 0; i < count && good; i++) {
        good = program_ended(&programs[i], &processes[i]);
        if (programs[i].name != NULL)
            programs[(*left)++] = programs[i];
    }
    return good;
}

static bool programs_run(struct checking *checking)
{
    const struct options *options = checking->options;
    int left = checking->product_count;
    struct program *programs = arena_alloc(options->arena, (size_t)left, sizeof *programs);
    for (int i = 0; i < left; i++) {
        programs[i].checking = checking;
        programs[i].name = checking->products[i].name;
    }
    while (left > 0)
        if (!programs_round(programs, left, &left, options))
            return false;
    return true;
}

static void summary_print(const struct checking *checking)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    printf("check: %d passed, %d failed, %d skipped; largest error %.1e; seed %llu\n", checking->passed,
           checking->failed, checking->skipped, checking->worst, (unsigned long long)checking_seed(checking));
}

/* The verb ----------------------------------------------------------------------------------- */

static bool usage_fits(const struct options *options)
{
    static const struct where command_line = { NULL, 0 };
    if ((options->input != NULL) != (options->text[OPTION_RANDOM] != NULL))
        return true;
    report_error(options->report, command_line, options->input != NULL ? "check takes a config or --random N, not both"
                                                                        : "check needs a config or --random N");
    return false;
}

int verb_check(const struct options *options)
{
    struct checking checking = { .options = options, .random = options->input == NULL };
    if (!usage_fits(options) || !tuned_options(&checking.emit, options))
        return 2;
    checking.root = compile_root(options->arena, options->report);
    checking.harness = checking.root != NULL ? harness_make(checking.root, options->arena, options->report) : NULL;
    if (checking.harness == NULL)
        return 2;
    const int count = checking.random ? (int)options->number[OPTION_RANDOM] : 1;
    checking.products = arena_alloc(options->arena, (size_t)count / FILE_DEFINITIONS + 1, sizeof *checking.products);
    if (!(checking.random ? randoms_add(&checking, count) : config_add(&checking, options->input, options->text[OPTION_PLAN])))
        return 2;
    /* Random definitions are many: -O1 halves the time of the compiler. */
    const struct compile_job job = {
        "check", checking.directory, checking.random ? "-O1" WARNINGS : "-O2" WARNINGS, "-lm",
        checking.products, checking.product_count
    };
    if (!compile_run(&job, options->arena, options->report) || !programs_run(&checking))
        return 2;
    summary_print(&checking);
    return checking.failed > 0 ? 1 : 0;
}
