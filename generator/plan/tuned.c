#include "tuned.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/cpu.h"
#include "../base/fields.h"
#include "../base/file.h"
#include "../base/process.h"
#include "../compile/compile.h"
#include "../script/script.h"

enum {
    TABLE_BYTES = 4 << 20,           /* of a file, most */
    TABLE_STEPS = 1000 * 1000        /* of the sandbox: a table is written out, it computes nothing */
};

static const char *const table_fields[] = { "cpu", "entries", NULL };
static const char *const entry_fields[] = {
    "definition", "target", "compiler", "kernels", "cases", "plan", "ms", "default_ms", "tried", "naive_from", NULL
};
static const char *const trial_fields[] = { "plan", "ms", NULL };

/* One table on its way in. */
struct reading {
    struct tuned *tuned;
    struct arena *arena;
    struct report *report;
};

static bool refuse(const struct reading *reading, struct where where, const char *sentence)
{
    report_error(reading->report, where, "%s", sentence);
    return false;
}

/* A list of at most `most` values; false after a report. */
static bool list_fits(const struct reading *reading, const struct value *list, const char *name, int most, struct where where)
{
    if (list != NULL && list->kind == VALUE_TABLE && list->field_count == 0 && list->item_count <= most)
        return true;
    report_error(reading->report, list != NULL ? list->where : where, "%s is %s; expected a list of at most %d", name,
                 list != NULL ? value_describe(list, reading->arena) : "missing", most);
    return false;
}

/* ms has one positive number for each case. */
static bool read_times(const struct reading *reading, double *ms, const struct value *list, const struct tuned_entry *entry)
{
    if (!list_fits(reading, list, "ms", TUNED_CASES, entry->where))
        return false;
    if (list->item_count != entry->case_count)
        return refuse(reading, list->where, "has another number of times than there are cases");
    for (int i = 0; i < list->item_count; i++) {
        const struct value *item = list->items[i];
        if ((item->kind != VALUE_NUMBER && item->kind != VALUE_INTEGER) || !(item->number > 0.0 && item->number < 1e9))
            return refuse(reading, item->where, "is no time; expected milliseconds, above 0");
        ms[i] = item->number;
    }
    return true;
}

static bool read_cases(const struct reading *reading, struct tuned_entry *entry, const struct value *list)
{
    if (!list_fits(reading, list, "cases", TUNED_CASES, entry->where))
        return false;
    for (int i = 0; i < list->item_count; i++) {
        if (list->items[i]->kind != VALUE_TEXT)
            return refuse(reading, list->items[i]->where, "is no case; expected a text such as \"prefill q=64 kv=64\"");
        entry->cases[entry->case_count++] = list->items[i]->text;
    }
    return true;
}

/* The plan is read here already, so that what is wrong with it is said of this line. A cache has the same blocks on all targets. */
static bool read_plan(const struct reading *reading, const struct fields *fields, const char **plan)
{
    struct plan_request request, none = { .where = { NULL, 0 } };
    if (!fields_text(fields, "plan", true, plan))
        return false;
    const struct where where = value_field(fields->table, "plan")->where;
    if (**plan == '\0')
        return true;
    if (!plan_request_read(&request, *plan, where, reading->report))
        return false;
    return plan_block(&request) == plan_block(&none) || refuse(reading, where, "the plan changes the blocks of the cache, which are not tuned");
}

static bool read_trial(const struct reading *reading, struct tuned_trial *trial, const struct value *table, const struct tuned_entry *entry)
{
    if (table->kind != VALUE_TABLE)
        return refuse(reading, table->where, "is no plan that was tried; expected { plan = \"...\", ms = { ... } }");
    const struct fields fields = { table, "", reading->arena, reading->report };
    return fields_known(&fields, trial_fields) && read_plan(reading, &fields, &trial->plan)
        && read_times(reading, trial->ms, value_field(table, "ms"), entry);
}

static bool read_tried(const struct reading *reading, struct tuned_entry *entry, const struct value *list)
{
    if (!list_fits(reading, list, "tried", TUNED_TRIED, entry->where))
        return false;
    entry->tried = arena_alloc(reading->arena, (size_t)list->item_count + 1, sizeof *entry->tried);
    for (int i = 0; i < list->item_count; i++)
        if (!read_trial(reading, &entry->tried[entry->tried_count++], list->items[i], entry))
            return false;
    return true;
}

static bool read_entry(const struct reading *reading, struct tuned_entry *entry, const struct value *table)
{
    if (table->kind != VALUE_TABLE)
        return refuse(reading, table->where, "is no entry; expected { definition = ..., target = ..., plan = ... }");
    const struct fields fields = { table, "", reading->arena, reading->report };
    int64_t naive_from = -1;
    entry->where = table->where;
    entry->standard.plan = "";
    if (!fields_known(&fields, entry_fields)
        || !fields_integer(&fields, "naive_from", false, (struct field_limits){ 0, 1 << 20 }, &naive_from))
        return false;
    entry->naive_from = (int)naive_from;
    return fields_text(&fields, "definition", true, &entry->definition) && fields_text(&fields, "target", true, &entry->target)
        && fields_text(&fields, "compiler", true, &entry->compiler) && fields_text(&fields, "kernels", true, &entry->kernels)
        && read_cases(reading, entry, value_field(table, "cases")) && read_plan(reading, &fields, &entry->chosen.plan)
        && read_times(reading, entry->chosen.ms, value_field(table, "ms"), entry)
        && read_times(reading, entry->standard.ms, value_field(table, "default_ms"), entry)
        && read_tried(reading, entry, value_field(table, "tried"));
}

static bool read_table(const struct reading *reading, const struct value *table)
{
    struct tuned *tuned = reading->tuned;
    const struct fields fields = { table, "", reading->arena, reading->report };
    const struct value *list = value_field(table, "entries");
    if (!fields_text(&fields, "cpu", true, &tuned->cpu) || !list_fits(reading, list, "entries", TUNED_ENTRIES, table->where))
        return false;
    tuned->entries = arena_alloc(reading->arena, (size_t)list->item_count + 1, sizeof *tuned->entries);
    for (int i = 0; i < list->item_count; i++) {
        struct tuned_entry *entry = &tuned->entries[tuned->count];
        if (!read_entry(reading, entry, list->items[i]))
            return false;
        if (tuned_find(tuned, entry->definition, entry->target) != NULL)
            return refuse(reading, entry->where, "is the second entry of its definition and target");
        tuned->count++;
    }
    return true;
}

bool tuned_read_text(struct tuned *tuned, const struct script_source *source, struct arena *arena, struct report *report)
{
    static const char *const no_words[] = { NULL };
    const struct reading reading = { tuned, arena, report };
    struct script script = { .source = *source, .words = no_words, .fields = table_fields, .steps = TABLE_STEPS };
    *tuned = (struct tuned){ .file = source->name };
    const struct value *table = script_run(&script, arena, report);
    return table != NULL && read_table(&reading, table);
}

bool tuned_read(struct tuned *tuned, const char *file, struct arena *arena, struct report *report)
{
    struct script_source source = { .name = file };
    source.text = file_read(file, TABLE_BYTES, &source.length, arena, report);
    return source.text != NULL && tuned_read_text(tuned, &source, arena, report);
}

/* The CPU's name as the name of a file: what is no letter or digit becomes one line between words. */
const char *tuned_file(const char *root, struct arena *arena)
{
    struct text name = text_start(arena);
    for (const char *c = cpu_name(arena); *c != '\0'; c++)
        if (isalnum((unsigned char)*c))
            text_format(&name, "%c", tolower((unsigned char)*c));
        else if (name.length > 0 && name.data[name.length - 1] != '_')
            text_put(&name, "_");
    return arena_format(arena, "%s/configs/tuned/%s.lua", root, name.data);
}

/* An attngen that lies elsewhere than where it was built has no tables of its own. */
static const char *own_file(const struct options *options)
{
    struct report quiet = { .out = fopen("/dev/null", "w") };
    const char *root = quiet.out != NULL ? compile_root(options->arena, &quiet) : NULL;
    const char *file = root != NULL ? tuned_file(root, options->arena) : NULL;
    if (quiet.out != NULL)
        fclose(quiet.out);
    return file != NULL && access(file, R_OK) == 0 ? file : NULL;
}

/* The table that --tuned names, or the one for this CPU where there is one. false after a report. */
static bool tuned_open(struct tuned *tuned, const struct options *options)
{
    const char *wanted = options->text[OPTION_TUNED];
    *tuned = (struct tuned){ .file = NULL };
    if (options->text[OPTION_PLAN] != NULL || (wanted != NULL && strcmp(wanted, "none") == 0))
        return true;
    const char *file = wanted != NULL ? wanted : own_file(options);
    if (file == NULL)
        return true;
    if (!tuned_read(tuned, file, options->arena, options->report))
        return false;
    if (strcmp(tuned->cpu, cpu_name(options->arena)) == 0)
        return true;
    fprintf(stderr, "%s: not used: it is for %s, and this is %s\n", file, tuned->cpu, cpu_name(options->arena));
    tuned->count = 0;
    return true;
}

bool tuned_options(struct emit_options *emit, const struct options *options)
{
    struct tuned *tuned = arena_alloc(options->arena, 1, sizeof *tuned);
    *emit = (struct emit_options){ options->text[OPTION_TARGET], options->text[OPTION_PLAN], tuned };
    return tuned_open(tuned, options);
}

struct tuned_entry *tuned_find(const struct tuned *tuned, const char *definition, const char *target)
{
    for (int i = 0; i < tuned->count; i++)
        if (strcmp(tuned->entries[i].definition, definition) == 0 && strcmp(tuned->entries[i].target, target) == 0)
            return &tuned->entries[i];
    return NULL;
}
