/*
** Arrays of a trial: what a definition names, in guarded memory, its axes in any order, with padding or
** repeated by a stride of 0. What no query and no key has is poison.
*/
#ifndef CHECK_ARRAY_H
#define CHECK_ARRAY_H

#include "../generator/expression/expression.h"
#include "../templates/contract.h"
#include "check_guard.h"
#include "random.h"

struct check_arrays {
    int count;
    struct guarded memory[EXPRESSION_ARRAYS];
    struct attn_array given[EXPRESSION_ARRAYS];
};

/* What bounds their axes. */
struct check_shape {
    const struct attn_sequence *sequence;
    int32_t sequences;
    int heads;
    int64_t q_rows;
};

struct check_arrays check_arrays_create(const struct expression_arrays *arrays, const struct check_shape *shape,
                                        struct random *random);
void check_arrays_destroy(struct check_arrays *arrays);

/* Whether one of the arrays has such an axis. */
bool arrays_have_axis(const struct expression_arrays *arrays, enum expression_axis axis);

#endif
