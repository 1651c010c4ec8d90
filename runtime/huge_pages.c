/*
** Linux says in /proc/self/smaps, for each range of addresses, how much of it is resident and how much of
** that lies on huge pages:
**     7f2a40000000-7f2a58000000 rw-p 00000000 00:00 0
**     Rss:              393216 kB
**     AnonHugePages:    393216 kB
*/
#include "huge_pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static bool range_holds(const char *line, uintptr_t address)
{
    unsigned long long start, end;
    return sscanf(line, "%llx-%llx ", &start, &end) == 2 && address >= start && address < end;
}

static bool is_range(const char *line)
{
    unsigned long long start, end;
    return sscanf(line, "%llx-%llx ", &start, &end) == 2;
}

double huge_pages_share(const void *address)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    double resident = 0.0, huge = 0.0;
    bool inside = false;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (is_range(line))
            inside = range_holds(line, (uintptr_t)address);
        else if (inside && sscanf(line, "Rss: %lf", &resident) != 1)
            (void)sscanf(line, "AnonHugePages: %lf", &huge);
    }
    if (file != NULL)
        fclose(file);
    return resident > 0.0 ? huge / resident : -1.0;
}
