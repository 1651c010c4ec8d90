/*
** Tuned tables as text: one entry after the other, with what else was tried and how long it took.
*/
#include "tuned.h"

static void print_times(struct text *text, const double *ms, int count)
{
    text_put(text, "{");
    for (int i = 0; i < count; i++)
        text_format(text, "%s%.5g", i > 0 ? ", " : " ", ms[i]);
    text_put(text, " }");
}

/* Lines of definitions hold quotes; what a stranger's table holds may be anything. */
static void print_quoted(struct text *text, const char *value)
{
    text_put(text, "\"");
    for (; *value != '\0'; value++)
        if ((unsigned char)*value < ' ' || (unsigned char)*value >= 0x7f)
            text_format(text, "\\%03d", (unsigned char)*value);
        else
            text_format(text, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    text_put(text, "\"");
}

static void print_text(struct text *text, const char *name, const char *value)
{
    text_format(text, "    %s = ", name);
    print_quoted(text, value);
    text_put(text, ",\n");
}

static void print_entry(struct text *text, const struct tuned_entry *entry)
{
    text_put(text, "  {\n");
    print_text(text, "definition", entry->definition);
    print_text(text, "target", entry->target);
    print_text(text, "compiler", entry->compiler);
    print_text(text, "kernels", entry->kernels);
    text_put(text, "    cases = {");
    for (int i = 0; i < entry->case_count; i++) {
        text_put(text, i > 0 ? ", " : " ");
        print_quoted(text, entry->cases[i]);
    }
    text_put(text, " },\n");
    print_text(text, "plan", entry->chosen.plan);
    text_put(text, "    ms         = ");
    print_times(text, entry->chosen.ms, entry->case_count);
    text_put(text, ",\n    default_ms = ");
    print_times(text, entry->standard.ms, entry->case_count);
    text_put(text, ",\n    tried = {\n");
    for (int i = 0; i < entry->tried_count; i++) {
        text_put(text, "      { plan = ");
        print_quoted(text, entry->tried[i].plan);
        text_put(text, ", ms = ");
        print_times(text, entry->tried[i].ms, entry->case_count);
        text_put(text, " },\n");
    }
    text_put(text, "    },\n");
    if (entry->naive_from >= 0)
        text_format(text, "    naive_from = %d,\n", entry->naive_from);
    text_put(text, "  },\n");
}

void tuned_print(struct text *text, const struct tuned *tuned)
{
    text_put(text, "-- Written by `attngen tune`: the parameters of plans that were fastest on this CPU, where they differ from the\n"
                   "-- default plan, with the times in ms of each case, and of what else was tried. An entry is used as long as the\n"
                   "-- compiler is the same and the templates make the same kernels. naive_from is of absorbed latent attention: for so\n"
                   "-- many new tokens or more the naive form is faster, its keys and values unfolded from those cached; 0: for none tried.\n");
    text_put(text, "cpu = ");
    print_quoted(text, tuned->cpu);
    text_put(text, "\n\nentries = {\n");
    for (int i = 0; i < tuned->count; i++)
        print_entry(text, &tuned->entries[i]);
    text_put(text, "}\n");
}
