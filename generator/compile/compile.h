/*
** C files become programs, shared objects and archives, through ninja and the compiler named by $CC (default clang).
** What is up to date is not made again.
*/
#ifndef COMPILE_H
#define COMPILE_H

#include <stdbool.h>

#include "../base/arena.h"
#include "../base/report.h"

enum compile_kind { COMPILE_PROGRAM, COMPILE_SHARED, COMPILE_ARCHIVE };

/* Something to make. */
struct compile_product {
    const char *name;                        /* the file, in the job's directory */
    const char *const *sources;              /* C files, NULL-ended: absolute or in the job's directory */
    enum compile_kind kind;
    const char *archive;                     /* what a program links besides, or NULL */
};

struct compile_job {
    const char *name;                        /* of its ninja file and of the folder for its objects: "check" */
    const char *directory;                   /* exists */
    const char *flags;                       /* for every C file, as a shell reads them */
    const char *libraries;                   /* "-lm" */
    const struct compile_product *products;
    int product_count;
};

/* false after a report; the compiler's messages stand before it. Shows progress on a terminal. */
bool compile_run(const struct compile_job *job, struct arena *arena, struct report *report);

/* The compiler's command. */
const char *compile_compiler(void);

/* The folder that attngen was built in, where runtime/ is; NULL after a report. */
const char *compile_root(struct arena *arena, struct report *report);

/* build/kernels/<name> under root, made when missing; NULL after a report. */
const char *compile_directory(const char *root, const char *name, struct arena *arena, struct report *report);

#endif
