#include <string.h>

#include "../base/text.h"
#include "../catalog/embedded.h"
#include "../plan/plan.h"
#include "list.h"

enum { NAMED_PARAMETERS = 4 };

static const char families_prefix[] = "configs/families/";

/* One line: its name with parameters, and its help. */
struct row { const char *name, *help; };

static void rows_print(const struct row *rows, int count)
{
    int width = 0;
    for (int i = 0; i < count; i++)
        if ((int)strlen(rows[i].name) > width)
            width = (int)strlen(rows[i].name);
    for (int i = 0; i < count; i++)
        printf("  %-*s  %s\n", width, rows[i].name, rows[i].help);
}

/* window { left, right }; of many parameters only the first, since each has its own line. */
static const char *entry_name(const struct descriptor *entry, struct arena *arena)
{
    struct text name = text_start(arena);
    text_put(&name, entry->name);
    for (int i = 0; i < entry->parameter_count && i < NAMED_PARAMETERS; i++)
        text_format(&name, "%s%s", i == 0 ? " { " : ", ", entry->parameters[i].name);
    text_put(&name, entry->parameter_count > NAMED_PARAMETERS ? ", ..." : "");
    text_put(&name, entry->parameter_count > 0 ? " }" : "");
    return name.data;
}

static const char *parameter_choices(const struct parameter *parameter, struct arena *arena)
{
    struct text names = text_start(arena);
    for (int i = 0; parameter->choices[i] != NULL; i++)
        text_format(&names, "%s%s", i == 0 ? "" : "|", parameter->choices[i]);
    return names.data;
}

static const char *parameter_kind(const struct parameter *parameter, struct arena *arena)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER: return "whole number";
    case PARAMETER_NUMBER:  return "number";
    case PARAMETER_CHOICE:  return parameter_choices(parameter, arena);
    case PARAMETER_BOOLEAN: return "true|false";
    case PARAMETER_NUMBERS: return "list of numbers";
    case PARAMETER_WORD:    break;
    }
    return arena_format(arena, "one of the %s", catalog_kind_name(parameter->kind));
}

static int entry_rows(struct row *rows, const struct descriptor *entry, struct arena *arena)
{
    rows[0] = (struct row){ entry_name(entry, arena), entry->help };
    for (int i = 0; i < entry->parameter_count; i++) {
        const struct parameter *parameter = &entry->parameters[i];
        rows[i + 1].name = arena_format(arena, "  %s = %s", parameter->name, parameter_kind(parameter, arena));
        rows[i + 1].help = parameter->default_field == NULL ? parameter->help
            : arena_format(arena, "%s (default: %s)", parameter->help, parameter->default_field);
    }
    return 1 + entry->parameter_count;
}

static void list_kind(const struct catalog *catalog, enum catalog_kind kind, struct arena *arena)
{
    int count = 0;
    for (int i = 0; i < catalog->count[kind]; i++)
        count += 1 + catalog->entries[kind][i].parameter_count;
    struct row *rows = arena_alloc(arena, (size_t)count, sizeof *rows);
    count = 0;
    for (int i = 0; i < catalog->count[kind]; i++)
        count += entry_rows(rows + count, &catalog->entries[kind][i], arena);
    rows_print(rows, count);
}

/* "-- LLaMA and its kin" on the first line helps. */
static struct row family_row(const struct embedded_file *file, struct arena *arena)
{
    const char *name = file->name + strlen(families_prefix);
    const char *help = file->text + strspn(file->text, "- ");
    return (struct row){ arena_copy(arena, name, strcspn(name, ".")), arena_copy(arena, help, strcspn(help, "\n")) };
}

static void list_families(struct arena *arena)
{
    int files, count = 0;
    const struct embedded_file *file = embedded_under(families_prefix, &files);
    struct row *rows = arena_alloc(arena, (size_t)files, sizeof *rows);
    for (int i = 0; i < files; i++)
        if (file[i].name[strlen(families_prefix)] != '_')      /* shared by families, none itself */
            rows[count++] = family_row(&file[i], arena);
    rows_print(rows, count);
}

static void list_plan(void)
{
    struct row rows[PLAN_PARAMETERS];
    for (enum plan_parameter i = 0; i < PLAN_PARAMETERS; i++)
        rows[i] = (struct row){ plan_parameter_name(i), plan_parameter_help(i) };
    rows_print(rows, PLAN_PARAMETERS);
}

/* What is listed: the kinds of the catalogue first. */
enum { SECTION_FAMILIES = CATALOG_KINDS, SECTION_PLAN, SECTIONS };

static const char *section_name(int section)
{
    if (section < CATALOG_KINDS)
        return catalog_kind_name((enum catalog_kind)section);
    return section == SECTION_FAMILIES ? "families" : "plan";
}

static void section_print(const struct options *options, int section)
{
    if (section < CATALOG_KINDS)
        list_kind(&options->catalog, (enum catalog_kind)section, options->arena);
    else if (section == SECTION_FAMILIES)
        list_families(options->arena);
    else
        list_plan();
}

int verb_list(const struct options *options)
{
    const char *names[SECTIONS];
    for (int section = 0; section < SECTIONS; section++) {
        names[section] = section_name(section);
        if (options->input == NULL)
            printf("%s%s\n", section == 0 ? "" : "\n", names[section]);
        else if (strcmp(options->input, names[section]) != 0)
            continue;
        section_print(options, section);
        if (options->input != NULL)
            return 0;
    }
    if (options->input == NULL)
        return 0;
    struct text all = text_start(options->arena);
    for (int section = 0; section < SECTIONS; section++)
        text_format(&all, "%s%s", section == 0 ? "" : ", ", names[section]);
    report_error(options->report, (struct where){ NULL, 0 }, "unknown kind '%s'; expected one of %s", options->input, all.data);
    return 2;
}
