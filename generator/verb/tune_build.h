/*
** Plans of one definition on one target as shared objects, built in parallel, checked and timed.
*/
#ifndef TUNE_BUILD_H
#define TUNE_BUILD_H

#include "../plan/tune_space.h"
#include "options.h"

/* What is tuned. */
struct tune_target {
    const struct options *options;
    const struct model *model;               /* of one definition */
    const struct definition *definition;
    const struct descriptor *isa;
    const char *root, *directory;            /* directory: build/kernels/... */
};

/* A candidate's shared object, NULL until it is built. */
struct tune_object { const char *directory, *path; };

/* Emits and compiles all of them at once; false after a report. */
bool tune_build(const struct tune_target *target, const struct tune_candidate *candidates, struct tune_object *objects, int count);

/* Whether its code keeps the definition's max_code. */
bool tune_fits(const struct tune_target *target, const struct tune_object *object);

/* Whether it agrees with the reference; false also when the check could not run, which is reported. */
bool tune_check(const struct tune_target *target, const struct tune_object *object);

#endif
