/*
** attngen run: a model folder's kernels are emitted and compiled, its steps described,
** and build/attn_run does the rest.
*/
#ifndef RUN_H
#define RUN_H

#include "options.h"

int verb_run(const struct options *options);

#endif
