/*
** How much of a square of queries and keys a mask lets a kernel skip.
*/
#ifndef EXPLAIN_TILE_H
#define EXPLAIN_TILE_H

#include "../definition/definition.h"

/* Shares of 1, over all query heads where the mask depends on them. */
struct tile_shares {
    double empty;        /* tiles that are never visited */
    double full;         /* visited without mask code */
    double mixed;        /* visited with it */
    double walked;       /* keys in the tiles that a kernel stops at, from the first to the last that can be seen */
    int64_t decode;      /* keys that the last query walks, of the first head */
};

/* tokens queries over as many keys, in tiles of queries x keys. */
struct tile_shares tile_shares_count(const struct definition *definition, int queries, int keys, int64_t tokens);

#endif
