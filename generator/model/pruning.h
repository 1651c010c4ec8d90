/*
** Steps of a model from which heads were pruned: products make what the heads left read, and read what they gave,
** no column more.
*/
#ifndef PRUNING_H
#define PRUNING_H

#include "../definition/definition.h"

/* A list of steps that walks only the heads left; the steps given where all are. */
struct value *pruned_steps(struct value *steps, const struct model *model, struct arena *arena);

/* The definition of the layer. */
const struct definition *layer_definition(const struct model *model, int64_t layer);

/* The layer of a step of attention; -1 for other steps. */
int64_t step_layer(const struct value *step);

#endif
