/*
** Every choice that a definition makes, by name: what it is, and what that means in words.
*/
#ifndef EXPLAIN_CHOICE_H
#define EXPLAIN_CHOICE_H

#include "../base/value.h"
#include "../definition/definition.h"

enum { CHOICES_MOST = 96 };

struct choice {
    const char *name;              /* "scale" */
    struct value *value;           /* 0.125 */
    const char *words;             /* "1 / sqrt(d_k), on the product of q and k"; "" where the value says it all */
};

struct choices {
    struct arena *arena;
    struct choice list[CHOICES_MOST];
    int count;
};

void choices_collect(struct choices *choices, const struct definition *definition, struct arena *arena);

#endif
