/*
** The model description: JSON that says which steps make the output of the weights.
** Read and checked in itself here; against the weights when it is bound (model.c).
*/
#ifndef DESCRIPTION_H
#define DESCRIPTION_H

#include "memory.h"
#include "step.h"

enum {
    DESCRIPTION_ACTIVATIONS = 64,             /* most names of activations */
    DESCRIPTION_STEPS       = 1 << 17,
    DESCRIPTION_ATTENTIONS  = 4096,
    DESCRIPTION_PREFIXES    = 16,
    DESCRIPTION_TOKENS      = 64,             /* most bos or eos tokens */
    DESCRIPTION_WIDTH       = 1 << 24,        /* largest width, and number of rows */
    DESCRIPTION_CONTEXT     = ATTN_MAX_KEYS - 1
};

struct description_attention { const char *name, *line; };

/* Steps over the rows of some tokens. */
struct description_stack {
    int64_t context, vocab;                   /* most tokens of a sequence; tokens are 0 .. vocab - 1 */
    struct step *steps;                       /* (step_count) */
    int step_count;
};

struct description {
    const char *file;
    const char *name;                         /* a C identifier */
    bool causal;
    const char *prefixes[DESCRIPTION_PREFIXES];   /* tried in turn before the name of a weight */
    int prefix_count;
    int32_t bos[DESCRIPTION_TOKENS], eos[DESCRIPTION_TOKENS];
    int bos_count, eos_count;
    struct description_attention *attentions; /* (attention_count) */
    int attention_count;
    const char *activations[DESCRIPTION_ACTIVATIONS];
    int activation_count;
    int output;                               /* an activation */
    struct description_stack stack;
    struct description_stack encoder;         /* of other tokens, before: it fills caches that the stack reads; all zero: none */
};

/* *description is all zero before, and filled in only as far as it could be read. */
bool description_read(struct description *description, const char *file, struct memory *memory,
                      struct problem *problem);

/* "smollm2.json: step 12 (linear)" */
void description_place(const struct description *description, const struct step *step, char *text, size_t size);

#endif
