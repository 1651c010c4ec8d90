/*
** What a verb works on: a Lua config, or a model folder (or its config.json), which
** a family turns into the same definitions.
*/
#ifndef SOURCE_H
#define SOURCE_H

#include "family.h"

struct source {
    struct model model;
    bool has_family;             /* a folder, or a config that names one by `weights` */
    struct family family;        /* what is known of that folder */
};

/* false after at least one report. */
bool source_read(struct source *source, const char *input, const struct catalog *catalog,
                 struct arena *arena, struct report *report);

#endif
