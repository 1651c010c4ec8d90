/*
** What a step can do. Each operation is one entry of the table in operation.c: the fields it
** has in a description, how it is bound to weights and widths, and how it runs.
*/
#ifndef OPERATION_H
#define OPERATION_H

#include "binding.h"
#include "step.h"

struct operation {
    const char *name;
    const char *fields;                       /* those it needs; behind a ? those it may have */
    bool (*bind)(struct binding *binding, struct step *step);     /* false after a sentence */
    void (*run)(struct attn_session *session, const struct step *step);
};

const struct operation *operation_find(const char *name);          /* or NULL */

#endif
