/*
** Arrays that a definition names, as its expressions read them.
*/
#ifndef ARRAY_H
#define ARRAY_H

#include "../generator/expression/expression.h"
#include "../templates/contract.h"

/* The arrays of one call, seen from one of its sequences. */
struct array_view {
    const struct expression_arrays *arrays;
    const struct attn_array *array;           /* (arrays->count) */
    const struct attn_sequence *sequence;
};

/* Reads them; the view has to live as long. */
struct expression_source array_source(const struct array_view *view);

#endif
