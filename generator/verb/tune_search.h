/*
** The search for the fastest plan of one definition on one target. Groups of parameters are tried one after
** the other, each candidate beside the plan that is best so far, which takes part twice: the distance of its
** two times says how noisy the machine is. Only what is faster by more than that, and agrees with the reference,
** takes its place, and in the end it must beat the default plan in the same way.
*/
#ifndef TUNE_SEARCH_H
#define TUNE_SEARCH_H

#include "../plan/tuned.h"
#include "tune_build.h"

struct tune_result {
    struct tuned_trial chosen, standard;     /* times of the last, longest run, of both */
    const char *cases[TUNED_CASES];
    int case_count;
    struct tuned_trial *tried;               /* (tried_count), the fastest first */
    int tried_count;
};

/* false after a report. Prints a line a group. */
bool tune_search(struct tune_result *result, const struct tune_target *target, double seconds);

#endif
