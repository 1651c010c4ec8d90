#include "tune.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/cpu.h"
#include "../base/file.h"
#include "../compile/binary.h"
#include "../compile/compile.h"
#include "../compile/timing.h"
#include "../emit/emission.h"
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
    const struct descriptor **targets;       /* (definitions): NULL where the one asked for is for other computes */
    struct tuned table;                      /* what the file has, and what is new */
};

/* The target that this CPU chooses when a program asks for the kernels of a definition; NULL after a report. */
static const char *best_target(const struct tuning *tuning, const struct definition *definition)
{
    static const struct timing_case shortest = { 0, BENCH_PREFILL, 1, 1, 1 };
    const struct options *options = tuning->options;
    const struct model alone = { .name = "tuned", .file = options->input, .definitions = definition, .definition_count = 1 };
    const struct emit_options emit = { .targets = NULL };
    struct binary binary;
    if (!binary_make(&binary, &alone, tuning->root, &emit, options))
        return NULL;
    struct timing_job job = {
        .root = tuning->root, .model = alone.name, .objects = &binary.path, .object_count = 1, .cases = &shortest, .case_count = 1
    };
    return timing_run(&job, options->arena, options->report) ? job.timings[0].target : NULL;
}

/* The same for all definitions of one compute: an earlier one's, or the best. NULL after a report. */
static const struct descriptor *target_of_compute(const struct tuning *tuning, int index)
{
    const struct definition *definitions = tuning->source.model.definitions;
    for (int i = 0; i < index; i++)
        if (definitions[i].compute == definitions[index].compute)
            return tuning->targets[i];
    const char *best = best_target(tuning, &definitions[index]);
    return best != NULL ? catalog_find(&tuning->options->catalog, CATALOG_ISA, best) : NULL;
}

static bool targets_choose_best(struct tuning *tuning)
{
    for (int i = 0; i < tuning->source.model.definition_count; i++) {
        tuning->targets[i] = target_of_compute(tuning, i);
        if (tuning->targets[i] == NULL)
            return false;
    }
    return true;
}

/* The target that is asked for, for the definitions that it is for. */
static bool targets_take(struct tuning *tuning, const char *asked)
{
    const struct options *options = tuning->options;
    const struct descriptor *isa = catalog_find(&options->catalog, CATALOG_ISA, asked);
    int taken = 0;
    if (isa == NULL) {
        report_error(options->report, command_line, "--target is '%s'; tune takes one target, as `attngen list targets` prints them", asked);
        return false;
    }
    for (int i = 0; i < tuning->source.model.definition_count; i++) {
        tuning->targets[i] = emission_target_fits(isa, &tuning->source.model.definitions[i]) ? isa : NULL;
        taken += tuning->targets[i] != NULL;
    }
    if (taken == 0)
        report_error(options->report, command_line, "--target: %s is for compute = %s, which no attention here has", isa->name, isa->computes);
    return taken > 0;
}

static bool targets_choose(struct tuning *tuning)
{
    const char *asked = tuning->options->text[OPTION_TARGET];
    tuning->targets = arena_alloc(tuning->options->arena, (size_t)tuning->source.model.definition_count, sizeof *tuning->targets);
    return asked != NULL ? targets_take(tuning, asked) : targets_choose_best(tuning);
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

static void entry_add(struct tuning *tuning, const struct tune_result *result, const struct tune_target *target, const char *kernels,
                      int naive_from)
{
    const char *line = target->definition->line;
    struct tuned_entry *entry = tuned_find(&tuning->table, line, target->isa->name);
    if (entry == NULL)
        entry = &tuning->table.entries[tuning->table.count++];
    *entry = (struct tuned_entry){
        .definition = line, .target = target->isa->name, .compiler = tuning->compiler, .kernels = kernels,
        .case_count = result->case_count, .chosen = result->chosen, .standard = result->standard,
        .tried = result->tried, .tried_count = result->tried_count, .naive_from = naive_from
    };
    memcpy(entry->cases, result->cases, sizeof entry->cases);
}

static bool definition_tune(struct tuning *tuning, const struct definition *definition, const struct descriptor *isa, double seconds)
{
    const struct options *options = tuning->options;
    const char *kernels = tuned_kernels(definition, isa->name, &options->catalog, options->arena, options->report);
    if (kernels == NULL)
        return false;
    const struct model alone = { .name = "tuned", .file = options->input, .definitions = definition, .definition_count = 1 };
    const struct tune_target target = {
        options, &alone, definition, isa, tuning->root,
        compile_directory(tuning->root, arena_format(options->arena, "tune_%s", kernels), options->arena, options->report)
    };
    struct tune_result result;
    int naive_from = -1;
    printf("%s on %s\n", definition->name, isa->name);
    if (target.directory == NULL || !tune_search(&result, &target, seconds)
        || (tune_forms_apply(definition) && !tune_forms(&naive_from, &target, result.chosen.plan)))
        return false;
    entry_add(tuning, &result, &target, kernels, naive_from);
    return table_write(tuning);
}

/* All that have a target, each in its share of the time. */
static bool definitions_tune(struct tuning *tuning, double seconds)
{
    const struct model *model = &tuning->source.model;
    int count = 0;
    for (int i = 0; i < model->definition_count; i++)
        count += tuning->targets[i] != NULL;
    for (int i = 0; i < model->definition_count; i++) {
        const struct definition *definition = &model->definitions[i];
        if (tuning->targets[i] == NULL)
            printf("%s is left out: it computes in %s, and %s does not\n", definition->name, definition->compute->name,
                   tuning->options->text[OPTION_TARGET]);
        else if (!definition_tune(tuning, definition, tuning->targets[i], seconds / count))
            return false;
    }
    return true;
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
        if (tuning->targets[i] != NULL)
            tree_append(entries, entry_tree(tuned_find(&tuning->table, tuning->source.model.definitions[i].line, tuning->targets[i]->name), arena), arena);
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
    if (tuning.root == NULL || tuning.compiler == NULL || !targets_choose(&tuning) || !table_open(&tuning))
        return 2;
    if (!definitions_tune(&tuning, seconds))
        return 2;
    printf("written: %s\n", tuning.file);
    return picture == NULL || report_draw(&tuning, picture) ? 0 : 2;
}
