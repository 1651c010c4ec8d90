/*
** Whether the sizes of a plan fit each other, its definition and its target.
*/
#ifndef PLAN_CHECK_H
#define PLAN_CHECK_H

#include "plan.h"

/* false after a report. */
bool plan_check(const struct plan *plan, const struct definition *definition, const struct plan_request *request,
                struct report *report);

/* NULL when the plan's scores can be interleaved with exponentials, or what that would need. */
const char *plan_interleaves(const struct plan *plan, const struct definition *definition);

#endif
