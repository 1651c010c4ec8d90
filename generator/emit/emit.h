/*
** A model and its plans become one header and one source file.
*/
#ifndef EMIT_H
#define EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/report.h"
#include "../catalog/catalog.h"
#include "../definition/definition.h"
#include "../verb/options.h"

struct tuned;

enum { EMIT_TARGETS = 16 };        /* most targets in one file */

struct emit_options {
    const char *targets;           /* "avx2,scalar"; NULL: all of the catalogue */
    const char *plan;              /* "tile=32,queries=48"; NULL: what the plans choose */
    struct tuned *tuned;           /* what they choose by, where it has a fresh entry; or NULL */
};

struct emitted {
    const char *header, *source;   /* the texts of <name>.h and <name>.c */
    size_t header_length, source_length;
    const char *digest;            /* of the source behind its head comment, in hexadecimal */
    int kernels;                   /* definitions x targets x phases */
};

/* false after at least one report; *emitted is filled only on success. */
bool emit_model(struct emitted *emitted, const struct model *model, const struct catalog *catalog,
                const struct emit_options *options, struct arena *arena, struct report *report);

/* Writes both files into directory; those that hold their text already are not touched. */
bool emit_write(const struct emitted *emitted, const struct model *model, const char *directory,
                struct arena *arena, struct report *report);

/* Whether a list such as "avx2,scalar" names a target; NULL names none. */
bool emit_targets_name(const char *targets, const char *name);

/* attngen emit */
int verb_emit(const struct options *options);

#endif
