/*
** Random definitions: the combinations that nobody would write by hand. They are
** written as a config, so that they go through everything that a user's config does
** and one of them can be kept and run again.
*/
#ifndef RANDOM_DEFINITION_H
#define RANDOM_DEFINITION_H

#include <stdbool.h>

#include "../../runtime/random.h"
#include "../base/text.h"

/* What all definitions have to fit. */
struct random_wish {
    int block;                   /* keys of a cache block: pages hold whole ones, or parts of one */
    bool whole_blocks;           /* no page holds less than a block */
    bool own_values;             /* no value is a part of its key */
    const char *compute;         /* of all of them; NULL: any */
};

/* Appends a config called name with count definitions. */
void random_definition_config(struct text *text, const char *name, int count, const struct random_wish *wish, struct random *random);

/* Appends parameters of a plan that fit, on every target of at most 16 lanes, every definition drawn as the plan wishes. */
void random_definition_plan(struct text *text, struct random *random);

#endif
