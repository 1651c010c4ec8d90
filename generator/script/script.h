/*
** The sandbox: a Lua chunk in, a tree of values out. The chunk sees no library
** but ipairs, tostring and the words given; it has a limit of steps and of memory,
** and it cannot catch its own errors. The files script*.c, template*.c and formula.c are
** the only ones that know Lua.
*/
#ifndef SCRIPT_H
#define SCRIPT_H

#include "../base/arena.h"
#include "../base/report.h"
#include "../base/value.h"

enum {
    SCRIPT_STEPS = 20 * 1000 * 1000,       /* Lua instructions, where a script has no limit of its own */
    SCRIPT_BYTES = 64 * 1024 * 1024,       /* of Lua's own memory */
    SCRIPT_SOURCE_BYTES = 4 * 1024 * 1024, /* of the chunk's text */
    SCRIPT_SECONDS = 10,                   /* of the processor: steps on huge texts are slow ones */
    SCRIPT_PRELUDES = 3,                   /* that run before a chunk */
    SCRIPT_DEPTH = 32,                     /* of tables within tables in the result */
    SCRIPT_VALUES = 200 * 1000,            /* in the result */
    SCRIPT_RESULT_BYTES = 16 * 1024 * 1024 /* of all texts and names in the result */
};

struct script_source {
    const char *name;                /* the file, as messages name it */
    const char *text;
    size_t length;
};

struct script {
    struct script_source source;
    struct script_source preludes[SCRIPT_PRELUDES];      /* run before, those that have a text: the fields of the
                                                          tables that they return are words too */
    const char *const *words;        /* NULL-ended: names that make a VALUE_WORD */
    const char *const *fields;       /* NULL-ended: globals the chunk may assign; NULL: any */
    int steps;                       /* Lua instructions that it may take; 0: SCRIPT_STEPS */

    /*
    ** A read-only global, such as "json"; or NULL. With it come type(value), as Lua's, and
    ** refuse(field, sentence), which ends the chunk with a report at that field.
    */
    const char *given_name;
    const struct value *given;
    const char *const *unread;       /* out: NULL-ended fields that the chunk never read: "a", or "b.c" where it read b */
};

/* A VALUE_TABLE of what the chunk assigned, or NULL after at least one report. */
struct value *script_run(struct script *script, struct arena *arena, struct report *report);

#endif
