#include "tune.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/cpu.h"
#include "../base/file.h"
#include "../compile/binary.h"
#include "../compile/compile.h"
#include "../compile/timing.h"
#include "../model/json.h"
#include "../model/source.h"
#include "../model/tree.h"
#include "picture.h"
#include "tune_forms.h"
#include "tune_search.h"

static const double default_seconds = 60.0;
static const struct where command_line = { NULL, 0 };

/* One invocation. */
struct tuning {
    const struct options *options;
    struct source source;
    const char *root, *file, *compiler;
    const struct descriptor *isa;
    struct tuned table;                      /* what the file has, and what is new */
};

/* The target that this CPU chooses when a program asks for the kernels of a definition; NULL after a report. */
static const char *best_target(const struct tuning *tuning)
{
    static const struct timing_case shortest = { 0, BENCH_PREFILL, 1, 1, 1 };
    const struct options *options = tuning->options;
    const struct model alone = { .name = "tuned", .file = options->input, .definitions = tuning->source.model.definitions, .definition_count = 1 };
    const struct emit_options emit = { .targets = NULL };
    struct binary binary;
    if (!binary_make(&binary, &alone, tuning->root, &emit, options))
        return NULL;
    struct timing_job job = {
        .root = tuning->root, .model = alone.name, .objects = &binary.path, .object_count = 1, .cases = &shortest, .case_count = 1
    };
    return timing_run(&job, options->arena, options->report) ? job.timings[0].target : NULL;
}

static bool target_choose(struct tuning *tuning)
{
    const struct options *options = tuning->options;
    const char *asked = options->text[OPTION_TARGET], *target = asked != NULL ? asked : best_target(tuning);
    tuning->isa = target != NULL ? catalog_find(&options->catalog, CATALOG_ISA, target) : NULL;
    if (tuning->isa == NULL && asked != NULL)
        report_error(options->report, command_line, "--target is '%s'; tune takes one target, as `attngen list targets` prints them", asked);
    return tuning->isa != NULL;
}

/* The table as it is so far: entries of other definitions stay. */
static bool table_open(struct tuning *tuning)
{
    const struct options *options = tuning->options;
    struct arena *arena = options->arena;
    tuning->file = options->text[OPTION_OUTPUT] != NULL ? options->text[OPTION_OUTPUT] : tuned_file(tuning->root, arena);
    tuning->table = (struct tuned){ .file = tuning->file };
    if (access(tuning->file, F_OK) == 0) {
        if (!tuned_read(&tuning->table, tuning->file, arena, options->report))
            return false;
        if (strcmp(tuning->table.cpu, cpu_name(arena)) != 0) {
            report_error(options->report, (struct where){ tuning->file, 0 }, "is for %s, and this is %s; give another file by -o",
                         tuning->table.cpu, cpu_name(arena));
            return false;
        }
    }
    const int room = tuning->table.count + tuning->source.model.definition_count;
    struct tuned_entry *entries = arena_alloc(arena, (size_t)room, sizeof *entries);
    if (tuning->table.count > 0)
        memcpy(entries, tuning->table.entries, (size_t)tuning->table.count * sizeof *entries);
    tuning->table.entries = entries;
    tuning->table.cpu = cpu_name(arena);
    return true;
}

static bool table_write(const struct tuning *tuning)
{
    const struct options *options = tuning->options;
    struct text text = text_start(options->arena);
    const char *slash = strrchr(tuning->file, '/');
    tuned_print(&text, &tuning->table);
    if (slash != NULL && !file_make_directory(arena_copy(options->arena, tuning->file, (size_t)(slash - tuning->file)), options->report))
        return false;
    return file_write(tuning->file, text.data, text.length, options->report, NULL);
}

static void entry_add(struct tuning *tuning, const struct tune_result *result, const struct definition *definition, const char *kernels,
                      int naive_from)
{
    struct tuned_entry *entry = tuned_find(&tuning->table, definition->line, tuning->isa->name);
    if (entry == NULL)
        entry = &tuning->table.entries[tuning->table.count++];
    *entry = (struct tuned_entry){
        .definition = definition->line, .target = tuning->isa->name, .compiler = tuning->compiler, .kernels = kernels,
        .case_count = result->case_count, .chosen = result->chosen, .standard = result->standard,
        .tried = result->tried, .tried_count = result->tried_count, .naive_from = naive_from
    };
    memcpy(entry->cases, result->cases, sizeof entry->cases);
}

static bool definition_tune(struct tuning *tuning, const struct definition *definition, double seconds)
{
    const struct options *options = tuning->options;
    const char *kernels = tuned_kernels(definition, tuning->isa->name, &options->catalog, options->arena, options->report);
    if (kernels == NULL)
        return false;
    const struct model alone = { .name = "tuned", .file = options->input, .definitions = definition, .definition_count = 1 };
    const struct tune_target target = {
        options, &alone, definition, tuning->isa, tuning->root,
        compile_directory(tuning->root, arena_format(options->arena, "tune_%s", kernels), options->arena, options->report)
    };
    struct tune_result result;
    int naive_from = -1;
    printf("%s on %s\n", definition->name, tuning->isa->name);
    if (target.directory == NULL || !tune_search(&result, &target, seconds)
        || (tune_forms_apply(definition) && !tune_forms(&naive_from, &target, result.chosen.plan)))
        return false;
    entry_add(tuning, &result, definition, kernels, naive_from);
    return table_write(tuning);
}

/* The landscape of the definitions of this run, as JSON for the script that draws it. */
static struct value *entry_tree(const struct tuned_entry *entry, struct arena *arena)
{
    struct value *tree = tree_table(arena), *cases = tree_table(arena), *tried = tree_table(arena);
    for (int i = 0; i < entry->case_count; i++)
        tree_append(cases, tree_text(entry->cases[i], arena), arena);
    for (int i = -2; i < entry->tried_count; i++) {
        const struct tuned_trial *trial = i == -2 ? &entry->standard : i == -1 ? &entry->chosen : &entry->tried[i];
        struct value *row = tree_table(arena), *ms = tree_table(arena);
        for (int c = 0; c < entry->case_count; c++)
            tree_append(ms, tree_number(trial->ms[c], arena), arena);
        tree_set(row, "plan", tree_text(trial->plan, arena), arena);
        tree_append(tried, tree_set(row, "ms", ms, arena), arena);
    }
    tree_set(tree, "definition", tree_text(entry->definition, arena), arena);
    tree_set(tree, "target", tree_text(entry->target, arena), arena);
    tree_set(tree, "cases", cases, arena);
    return tree_set(tree, "plans", tried, arena);
}

static bool report_draw(const struct tuning *tuning, const char *picture)
{
    const struct options *options = tuning->options;
    struct arena *arena = options->arena;
    struct value *tree = tree_table(arena), *entries = tree_table(arena);
    struct text text = text_start(arena);
    for (int i = 0; i < tuning->source.model.definition_count; i++)
        tree_append(entries, entry_tree(tuned_find(&tuning->table, tuning->source.model.definitions[i].line, tuning->isa->name), arena), arena);
    tree_set(tree, "cpu", tree_text(tuning->table.cpu, arena), arena);
    json_write(&text, tree_set(tree, "entries", entries, arena));
    const char *data = arena_format(arena, "%s/build/kernels/tune_report.json", tuning->root);
    return file_write(data, text.data, text.length, options->report, NULL)
        && picture_draw(tuning->root, "scripts/plot_tune.py", data, picture, arena, options->report);
}

int verb_tune(const struct options *options)
{
    struct tuning tuning = { .options = options };
    const char *picture = options->text[OPTION_REPORT];
    const double seconds = options->text[OPTION_SECONDS] != NULL ? options->number[OPTION_SECONDS] : default_seconds;
    if ((picture != NULL && !picture_fits("--report", picture, options->report))
        || !source_read(&tuning.source, options->input, &options->catalog, options->arena, options->report))
        return 2;
    tuning.root = compile_root(options->arena, options->report);
    tuning.compiler = tuned_compiler(options->arena, options->report);
    if (tuning.root == NULL || tuning.compiler == NULL || !target_choose(&tuning) || !table_open(&tuning))
        return 2;
    const struct model *model = &tuning.source.model;
    for (int i = 0; i < model->definition_count; i++)
        if (!definition_tune(&tuning, &model->definitions[i], seconds / model->definition_count))
            return 2;
    printf("written: %s\n", tuning.file);
    return picture == NULL || report_draw(&tuning, picture) ? 0 : 2;
}
