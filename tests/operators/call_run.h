/*
** A call through one target's kernels, held to the case's outputs.
*/
#ifndef CALL_RUN_H
#define CALL_RUN_H

#include "../../templates/contract.h"
#include "call.h"

/* NULL when every expected result is near, or the sentence that says which is not. */
const char *call_run(const struct call *call, const struct attn_attention *attention, struct arena *arena);

#endif
