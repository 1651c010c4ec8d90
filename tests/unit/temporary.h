/*
** Directories that exist for one test.
*/
#ifndef TEMPORARY_H
#define TEMPORARY_H

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../generator/base/arena.h"

/* NULL when it cannot be made. */
static inline char *temporary_make(struct arena *arena)
{
    return mkdtemp(arena_format(arena, "/tmp/attngen_test_XXXXXX"));
}

static inline int temporary_visit(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

static inline void temporary_remove(const char *directory)
{
    nftw(directory, temporary_visit, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
