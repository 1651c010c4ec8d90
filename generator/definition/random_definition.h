/*
** Random definitions: the combinations that nobody would write by hand. They are
** written as a config, so that they go through everything that a user's config does
** and one of them can be kept and run again.
*/
#ifndef RANDOM_DEFINITION_H
#define RANDOM_DEFINITION_H

#include "../../runtime/random.h"
#include "../base/text.h"

/* Appends a config called name with count definitions, whose pages hold whole cache blocks of `block` keys. */
void random_definition_config(struct text *text, const char *name, int count, int block, struct random *random);

/* Appends parameters of a plan that fit every definition on every target of at most 16 lanes. */
void random_definition_plan(struct text *text, struct random *random);

#endif
