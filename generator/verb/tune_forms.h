/*
** Which form of latent attention is faster for how many new tokens. Absorbed, each pair of a query and a key costs more
** multiplications; naive, the latents of all tokens before have to be unfolded first.
*/
#ifndef TUNE_FORMS_H
#define TUNE_FORMS_H

#include "tune_build.h"

/* Tokens that stand in the cache before: both costs grow with their number alike. */
enum { TUNE_FORMS_CACHED = 1024 };

/* Whether the definition is absorbed and has a naive form of the same heads. */
bool tune_forms_apply(const struct definition *definition);

/*
** The fewest new tokens tried from which on the naive form is faster, 0 if it never is; the absorbed one has this plan. Prints
** a line. false after a report.
*/
bool tune_forms(int *naive_from, const struct tune_target *target, const char *plan);

#endif
