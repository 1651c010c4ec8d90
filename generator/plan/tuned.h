/*
** Tuned tables: which parameters of a plan `attngen tune` found fastest, on which CPU, with which compiler, for which
** kernels. They are Lua, read in the sandbox: a table may come from a stranger. Nothing of a stale entry is used.
*/
#ifndef TUNED_H
#define TUNED_H

#include "../definition/definition.h"
#include "../emit/emit.h"
#include "../script/script.h"
#include "../verb/options.h"
#include "plan.h"

enum {
    TUNED_ENTRIES = 4096,            /* most of a table */
    TUNED_CASES   = 16,              /* most timings of a plan */
    TUNED_TRIED   = 256              /* most plans that an entry lists */
};

/* A plan that was tried: the parameters that differ from the default plan, and the time of each case. */
struct tuned_trial {
    const char *plan;                /* "queries=48,unroll=2"; "" for the default */
    double ms[TUNED_CASES];
};

struct tuned_entry {
    struct where where;
    const char *definition;          /* its line */
    const char *target;
    const char *compiler;            /* the first line of what it says of its version */
    const char *kernels;             /* digest of what the templates make of the definition without tuning */
    const char *cases[TUNED_CASES];  /* "prefill q=64 kv=64" */
    int case_count;
    struct tuned_trial chosen, standard;
    struct tuned_trial *tried;       /* (tried_count), the fastest first */
    int tried_count;
    int naive_from;                  /* of absorbed latent attention: new tokens from which on the naive form is faster, 0 never; else -1 */
};

struct tuned {
    const char *file;                /* NULL: no table */
    const char *cpu;                 /* that it is for */
    const char *compiler;            /* of here and now, once it was asked for */
    struct tuned_entry *entries;     /* (count) */
    int count;
};

/* configs/tuned/<cpu>.lua under root. */
const char *tuned_file(const char *root, struct arena *arena);

/* Reads a table, whatever CPU it is for. false after a report. */
bool tuned_read_text(struct tuned *tuned, const struct script_source *source, struct arena *arena, struct report *report);
bool tuned_read(struct tuned *tuned, const char *file, struct arena *arena, struct report *report);

/* What options ask for: the targets, the plan, the table. false after a report. */
bool tuned_options(struct emit_options *emit, const struct options *options);

/* The entry of a definition on a target, fresh or stale; NULL when there is none. */
struct tuned_entry *tuned_find(const struct tuned *tuned, const char *definition, const char *target);

/* What the keys of an entry have to be here and now; NULL after a report. */
const char *tuned_compiler(struct arena *arena, struct report *report);
const char *tuned_kernels(const struct definition *definition, const char *target, const struct catalog *catalog,
                          struct arena *arena, struct report *report);

/* The table as text. */
void tuned_print(struct text *text, const struct tuned *tuned);

#endif
