/*
** Which plans a tuning tries: groups of parameters that act together, each enumerated in full and pruned by what plans
** refuse, by registers and by a budget of the cache.
*/
#ifndef TUNE_SPACE_H
#define TUNE_SPACE_H

#include "plan.h"

enum { TUNE_GROUPS = 9, TUNE_CANDIDATES = 512 };

enum tune_phases { TUNE_PREFILL = 1, TUNE_DECODE = 2, TUNE_APPEND = 4, TUNE_ALL = 7 };

/* A plan that may be tried. */
struct tune_candidate {
    struct plan_request request;
    const char *text;                    /* what it asks for, as --plan takes it; "" for the default plan */
    const char *whole;                   /* all of its parameters: the same text, the same plan */
    double distance;                     /* from the plan that it varies: how far its parameters are, in factors of two */
};

/* "order", "scores", ...; which phases it acts on. */
const char *tune_group_name(int group);
int tune_group_phases(int group, const struct definition *definition);

/*
** All plans of a group around `from`, the nearest first, without `from` itself; how many. candidates has room for
** TUNE_CANDIDATES.
*/
int tune_group_collect(struct tune_candidate *candidates, int group, const struct plan_request *from,
                       const struct definition *definition, const struct descriptor *isa, struct arena *arena);

/* Fills what follows from candidate->request; false when it is no plan. */
bool tune_candidate_fill(struct tune_candidate *candidate, const struct definition *definition, const struct descriptor *isa,
                         struct arena *arena);

#endif
