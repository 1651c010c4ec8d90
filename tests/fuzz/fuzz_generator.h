/*
** For targets of the generator: an arena a run, and reports that are counted but not shown.
*/
#ifndef FUZZ_GENERATOR_H
#define FUZZ_GENERATOR_H

#include "../../generator/base/arena.h"
#include "../../generator/base/report.h"
#include "../../generator/catalog/catalog.h"
#include "fuzz.h"

struct fuzz_generator {
    struct arena *arena;
    struct report report;
};

/* The descriptors, read once: that takes longer than most inputs. */
static inline const struct catalog *fuzz_catalog(void)
{
    static struct catalog catalog;
    static struct arena *arena;
    struct report report = { .out = stderr };
    if (arena == NULL) {
        arena = arena_create();
        FUZZ_CHECK(catalog_load(&catalog, NULL, arena, &report));
    }
    return &catalog;
}

static inline void fuzz_generator_open(struct fuzz_generator *fuzz)
{
    fuzz->arena = arena_create();
    fuzz->report = (struct report){ .out = fopen("/dev/null", "w") };
    FUZZ_CHECK(fuzz->report.out != NULL);
}

/* read: whether the parser accepted the input. A refusal gives its reason, and only a refusal. */
static inline void fuzz_generator_close(struct fuzz_generator *fuzz, bool read)
{
    FUZZ_CHECK(read == (fuzz->report.errors == 0));
    fclose(fuzz->report.out);
    arena_destroy(fuzz->arena);
}

#endif
