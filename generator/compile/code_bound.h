/*
** attention.max_code: the most bytes of machine code that a definition may take on one target, all of its phases together,
** as this compiler makes it with -O2. Only a compiler knows that, so even emit compiles where a config has such a bound.
*/
#ifndef CODE_BOUND_H
#define CODE_BOUND_H

#include "../catalog/catalog.h"
#include "../definition/definition.h"

/* Whether some definition has a bound. */
bool code_bound_given(const struct model *model);

/* Whether the compiled pair keeps all bounds; false after a report, at the field, of each target that does not. */
bool code_bound_kept(const struct model *model, const char *object, const struct catalog *catalog, struct arena *arena,
                     struct report *report);

#endif
