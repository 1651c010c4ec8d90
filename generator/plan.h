/*
** A plan says how one definition is computed on one target: lanes, tiles,
** register tiles. It is arithmetic on the number of registers and their lanes.
** Block, panel and segment fix the numeric order and the cache layout, so they
** are the same on every target.
*/
#ifndef PLAN_H
#define PLAN_H

#include "definition.h"
#include "text.h"

enum {
    PLAN_PANEL   = 16,        /* keys interleaved in the cache */
    PLAN_BLOCK   = 64,        /* keys of a cache block and of a tile */
    PLAN_SEGMENT = 1024       /* keys of a partial result */
};

struct plan {
    const struct descriptor *isa;
    int v_row;                /* floats of a cached row of V: d_v, padded to whole panels */

    /* prefill: scores of score_keys keys x query_vectors vectors of queries, o of value_queries queries x value_vectors */
    int queries;              /* in a block */
    int query_vectors, score_keys;
    int value_vectors, value_queries;
    int rest_queries;         /* queries at once for the columns that value_vectors do not divide */
    bool interleave;          /* exponentials of a tile among the scores of the next */
    int prefill_registers;    /* the most that a register tile uses */

    /* decode: scores of decode_heads query heads x decode_vectors vectors of keys */
    int decode_heads, decode_vectors;
    int decode_registers;
};

void plan_choose(struct plan *plan, const struct definition *definition, const struct descriptor *isa);

/* The plan of a phase in one line, as it stands in the emitted head comment and descriptor table. */
void plan_print_prefill(struct text *text, const struct plan *plan, const struct definition *definition);
void plan_print_decode(struct text *text, const struct plan *plan, const struct definition *definition);

#endif
