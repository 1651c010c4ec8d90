/*
** The catalogue: targets, masks, scores, norms, positions, scalings, caches, computes, layouts, activations. Each entry is one
** descriptor file under templates/; the directory is the registry.
*/
#ifndef CATALOG_H
#define CATALOG_H

#include "../base/arena.h"
#include "../base/report.h"
#include "../base/value.h"
#include "../script/formula.h"

enum catalog_kind {
    CATALOG_ISA, CATALOG_MASK, CATALOG_SCORE, CATALOG_NORM, CATALOG_POSITION, CATALOG_SCALING, CATALOG_CACHE,
    CATALOG_COMPUTE, CATALOG_LAYOUT, CATALOG_ACTIVATION, CATALOG_KINDS
};

/* A parameter that a config gives to a word: rope { base = 10000 }. */
struct parameter {
    const char *name;
    const char *help;
    enum {
        PARAMETER_INTEGER, PARAMETER_NUMBER, PARAMETER_CHOICE, PARAMETER_BOOLEAN, PARAMETER_NUMBERS, PARAMETER_WORD
    } type;
    bool required;
    double min, max;                 /* of an integer, a number, or each number of a list */
    int64_t multiple;                /* an integer must be a multiple of it; 1 when free */
    const char *default_field;       /* the default is this field of the definition ("d_k"), which is also the maximum; or NULL */
    double default_number;           /* of a boolean: 0 or 1 */
    const char *default_choice;      /* also the name of a word */
    const char *const *choices;      /* NULL-ended */
    enum catalog_kind kind;          /* of a word, which may have parameters of its own */
};

/* One descriptor. Which members are set depends on the kind. */
struct descriptor {
    enum catalog_kind kind;
    const char *name;
    const char *help;                /* one line */
    struct where where;
    const struct parameter *parameters;
    int parameter_count;

    const char *sees;                /* mask: a boolean expression over q, k and the parameters */

    const char *changes;             /* score: a number over s, q, k, h, the parameters and the table */
    const struct field *arrays;      /* mask, score: arrays that the caller hands over, name = array { ... }; sizes may be texts over the parameters */
    int array_count;
    const char *table;               /* score: name of a table with one entry a head, or "" */
    struct formula entry;            /* score: the table's entry i, from 0; sees the parameters and heads */
    struct formula entries;          /* score: how many the table has, where it is not one a head; sees the same */

    const char *normed;              /* norm: C expression of element d of `from`, normed, over what the code declares */

    const char *code;                /* norm, position, layout, isa, cache, compute, activation: template text that is emitted, in [[ ]] below `code = [[`; "" for none */
    int code_line;                   /* line of the descriptor on which that text starts */

    const char *stored;              /* cache, compute, activation: the C type of what is stored */
    int bits;                        /* cache, activation: of a value; with 4, two share what is stored */
    int scales;                      /* cache: numbers that scale a row or a block of it: none, a scale, a scale and a minimum */
    const char *vector;              /* cache, activation: template text, emitted for each target, that loads (cache) or stores a vector of values */
    int vector_line;

    const char *keys, *values;       /* compute: the caches that K and V must have for it, or "": any, and V's products are of floats */
    int pack;                        /* compute: values of a row of K (where it has `values`, keys of a column of V too) in what is stored */
    const char *product;             /* compute: the target's operation that adds products to a sum */

    struct formula frequency;        /* scaling: radians a position by which pair i turns; sees the parameters, also the position's */
    struct formula magnitude;        /* scaling: what cosines and sines are multiplied by */
    struct formula refuses;          /* scaling: why these parameters are refused; a text or nothing */

    int lanes, registers;            /* isa: floats in a vector, vector registers */
    int halves;                      /* isa: 1 when it has operations on half a vector, which take less time */
    const char *header;              /* isa: what it includes, or "" */
    const char *attribute;           /* isa: the compiler's target attribute, or "" */
    const char *supported;           /* isa: C expression over the emitted cpu_has_... functions */
    const char *preferred;           /* isa: whether it is chosen where it is supported, likewise; or "": always */
    const char *requires_machine;    /* isa: "x86_64", or "" for any */
    const char *products;            /* isa: template text of the operations that computes name */
    int products_line;
    const char *computes;            /* isa: the compute that it is for alone, or "" for all */
    const char *like;                /* isa: another, whose lanes, registers, header, machine and code it has; or "" */
    const struct descriptor *base;   /* isa: that one, or itself */
};

struct catalog {
    const struct descriptor *entries[CATALOG_KINDS];   /* sorted by name (isa: by what they need, scalar first) */
    int count[CATALOG_KINDS];
    const char *templates;           /* directory given by --templates, or NULL: the embedded files */
};

/* false after at least one report. */
bool catalog_load(struct catalog *catalog, const char *templates, struct arena *arena, struct report *report);

const struct descriptor *catalog_find(const struct catalog *catalog, enum catalog_kind kind, const char *name);

/* "targets", "masks", ...: as `attngen list` calls the kinds. */
const char *catalog_kind_name(enum catalog_kind kind);

/* The text of a file under templates/ ("prefill.c.t"), or NULL. Its length without the closing zero goes to *length. */
const char *catalog_file(const struct catalog *catalog, const char *name, size_t *length, struct arena *arena);

#endif
