/*
** What a run is given besides the model: found wrong before kernels are made, which takes longer.
*/
#ifndef RUN_INPUT_H
#define RUN_INPUT_H

#include "../model/source.h"
#include "options.h"

/* Whether the files named by options are there, or can be made, and are for such a model; false after a report. */
bool run_input_check(const struct options *options, const struct source *source);

#endif
