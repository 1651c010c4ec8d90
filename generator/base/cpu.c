/*
** Linux describes the CPU in /proc/cpuinfo, as lines "name : value"; which names there are depends on the
** architecture. Hypervisors shorten the model's name, so the numbers of its family stand beside it.
*/
#include "cpu.h"

#include <stdio.h>
#include <string.h>

enum { FACTS = 5 };

/* Each with the words put before its value. */
static const struct { const char *name, *words; } facts[FACTS] = {
    { "model name", "" }, { "cpu family", "family " }, { "model", "model " },
    { "CPU implementer", "implementer " }, { "CPU part", "part " }
};

/* The value of a line "name : value" of that name, without its line end, or NULL. */
static char *value_of(char *line, const char *name)
{
    const size_t length = strlen(name);
    char *colon = strchr(line, ':');
    if (colon == NULL || strncmp(line, name, length) != 0 || strspn(line + length, " \t") != (size_t)(colon - line) - length)
        return NULL;
    char *value = colon + 1 + strspn(colon + 1, " \t");
    value[strcspn(value, "\n")] = '\0';
    return value;
}

const char *cpu_name(struct arena *arena)
{
    const char *found[FACTS] = { NULL }, *name = "";
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] != '\n')     /* the first CPU ends at a blank line */
        for (int i = 0; i < FACTS; i++) {
            const char *value = value_of(line, facts[i].name);
            if (value != NULL && found[i] == NULL)
                found[i] = arena_format(arena, "%s%s", facts[i].words, value);
        }
    if (file != NULL)
        fclose(file);
    for (int i = 0; i < FACTS; i++)
        if (found[i] != NULL)
            name = arena_format(arena, "%s%s%s", name, name[0] != '\0' ? ", " : "", found[i]);
    return name[0] != '\0' ? name : "unknown CPU";
}
