/*
** Bytes of machine code in a compiled pair, by the names that its functions have: those of a definition on a target
** end in _<definition>_<target>, and start with the phase that they belong to.
*/
#ifndef CODE_SIZE_H
#define CODE_SIZE_H

#include "../definition/definition.h"

/* Of one definition on one target. The shared functions belong to no phase alone. */
struct code_size { long write, prefill, decode, shared; };

/* The symbols of an object or a shared object. */
struct code_symbols {
    struct code_symbol { const char *name; long bytes; } *list;
    int count;
};

/* Read by nm, which comes with every linker; false after a report. */
bool code_symbols_read(struct code_symbols *symbols, const char *path, struct arena *arena, struct report *report);

struct code_size code_size_of(const struct code_symbols *symbols, const struct model *model, int definition,
                              const char *target, struct arena *arena);

#endif
