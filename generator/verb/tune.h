/*
** attngen tune: which plan is fastest here, definition by definition; see tuned.h for what becomes of it.
*/
#ifndef TUNE_H
#define TUNE_H

#include "options.h"

int verb_tune(const struct options *options);

#endif
