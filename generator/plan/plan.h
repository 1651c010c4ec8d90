/*
** A plan says how one definition is computed on one target: lanes, tiles,
** register tiles. It is arithmetic on the number of registers and their lanes,
** with any of its parameters asked for instead.
**
** Tile and segment fix the numeric order and are the same in all phases of a
** definition on a target. Panel and block fix the cache layout, which is the same
** on every target.
*/
#ifndef PLAN_H
#define PLAN_H

#include "../base/text.h"
#include "../definition/definition.h"

enum {
    PLAN_PANEL = 16,          /* keys interleaved in the cache */
    PLAN_TEXT  = 512          /* bytes of a list of parameters */
};

/* What can be asked for. plan_parameter.c has their names and bounds. */
enum plan_parameter {
    PLAN_BLOCK, PLAN_TILE, PLAN_SEGMENT,
    PLAN_QUERIES, PLAN_QUERY_VECTORS, PLAN_SCORE_KEYS, PLAN_VALUE_QUERIES, PLAN_VALUE_VECTORS, PLAN_INTERLEAVE, PLAN_UNROLL,
    PLAN_DECODE_HEADS, PLAN_DECODE_VECTORS, PLAN_DECODE_COLUMNS, PLAN_FETCH,
    PLAN_APPEND, PLAN_APPEND_ROWS, PLAN_APPEND_VECTORS, PLAN_APPEND_COLUMNS, PLAN_APPEND_FETCH,
    PLAN_PARAMETERS
};

struct plan {
    const struct descriptor *isa;
    int v_row;                       /* floats of a cached row of V: d_v, padded to whole panels */
    int rest_queries;                /* queries at once for the columns that value_vectors do not divide */
    int head_row;                    /* the heads of a group, padded to whole vectors */
    int value_heads;                 /* where values are parts of keys: vectors of heads in decode's register tile of o */
    int value[PLAN_PARAMETERS];
    int prefill_registers;           /* the most that a register tile uses */
    int decode_registers;
    int append_registers;
};

/* The parameters that a plan must have; it chooses the others. */
struct plan_request {
    bool given[PLAN_PARAMETERS];
    int value[PLAN_PARAMETERS];
    struct where where;              /* who asks */
};

/* false after a report: what is asked for does not fit the definition, the target, or itself. */
bool plan_choose(struct plan *plan, const struct definition *definition, const struct descriptor *isa,
                 const struct plan_request *request, struct report *report);

/* Floats of a cached row of V: d_v, padded to whole panels. */
int plan_row(const struct definition *definition);

/*
** Columns of V that lie together, key after key. Heads that share V sum few columns at a time, and memory likes to be read
** in one stream: they have strips as wide as a panel. A head of its own has strips of 64 columns, or whole rows where 64
** does not divide them.
*/
int plan_strip(const struct definition *definition);

/* Keys of a cache block, which no target and no definition changes. */
int plan_block(const struct plan_request *request);

/* Whether pages hold less than a block: the blocks of a tile are then copied together before they are read. */
bool plan_gathers(const struct definition *definition, const struct plan_request *request);

const char *plan_parameter_name(enum plan_parameter parameter);
const char *plan_parameter_help(enum plan_parameter parameter);

/* Asks for one parameter by its name; false after a report. */
bool plan_request_set(struct plan_request *request, const char *name, const char *value, struct report *report);

/* Asks for those of "tile=32,queries=48", which stands at a place; NULL asks for none. false after a report. */
bool plan_request_read(struct plan_request *request, const char *text, struct where where, struct report *report);

/* The plan of a phase in one line, as it stands in the emitted head comment; prefill's and decode's in the descriptor table too. */
void plan_print_prefill(struct text *text, const struct plan *plan, const struct definition *definition);
void plan_print_decode(struct text *text, const struct plan *plan, const struct definition *definition);
void plan_print_append(struct text *text, const struct plan *plan, const struct definition *definition);

/* All parameters as plan_request_read takes them. */
void plan_print_parameters(struct text *text, const struct plan *plan);

#endif
