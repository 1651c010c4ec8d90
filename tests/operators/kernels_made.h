/*
** Kernels for the calls of many cases: distinct definitions, emitted with several plans, compiled and loaded together.
*/
#ifndef KERNELS_MADE_H
#define KERNELS_MADE_H

#include "../../runtime/kernels.h"
#include "call.h"

struct kernels_made;

/* The kernels of the calls' definitions. One that attngen refuses makes its calls refusals. NULL after a report. */
struct kernels_made *kernels_make(struct call *const *calls, int count, struct arena *arena, struct report *report);

/* Plans that every definition is computed with: how many, and what is asked of one ("default"). */
int kernels_plans(void);
const char *kernels_plan_name(int plan);

/* How many targets a plan is for, and the call's kernel for one: NULL when it is not of this machine. */
int kernels_targets(const struct kernels_made *made, int plan);
const struct attn_attention *kernels_for(const struct kernels_made *made, const struct call *call, int plan, int target);

void kernels_forget(struct kernels_made *made);        /* accepts NULL */

#endif
