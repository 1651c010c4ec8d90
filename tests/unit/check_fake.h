/*
** Kernels for one definition, simple and right, or with one planted fault, to see that the check harness finds it.
*/
#ifndef CHECK_FAKE_H
#define CHECK_FAKE_H

#include "../../templates/contract.h"

enum fake_fault {
    FAKE_RIGHT,
    FAKE_SCALE,            /* scores a thousandth too large */
    FAKE_WINDOW,           /* one key more than the window allows */
    FAKE_LSE,              /* lse in log2 */
    FAKE_ORDER,            /* decode sums from the other end: right, but other bits */
    FAKE_STALE,            /* relies on a scratch that holds zeros */
    FAKE_HIDDEN,           /* multiplies keys that are not there by 0 */
    FAKE_NEIGHBOUR,        /* writes one float behind each row of o */
    FAKE_LATER,            /* the last bits depend on a key that the query does not see */
    FAKE_ROTATION,         /* keys turned the wrong way */
    FAKE_EXPORT,           /* the exporter reads another head */
    FAKE_IMPORT,           /* store puts every head's rows where the first one's go */
    FAKE_CACHE,            /* writes one float behind the cache */
    FAKE_MERGE,            /* merge gives two results the same weight */
    FAKE_WEIGHT,           /* outputs gives weights a thousandth too large */
    FAKE_HEAD,             /* outputs gives the matrix of another head */
    FAKE_COLUMNS,          /* outputs leaves the last query out of the column sums */
    FAKE_SUM,              /* outputs adds column sums to what stands there */
    FAKE_ROW,              /* outputs writes one float behind each row of the matrix */
    FAKE_NOTHING,          /* a write that is given no keys forgets the first one */
    FAKE_FAULTS
};

struct attn_attention fake_attention(enum fake_fault fault);

#endif
