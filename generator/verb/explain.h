/*
** attngen explain: every definition of a model with every choice made explicit, what
** its mask lets kernels skip, and the plans of its kernels.
*/
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "options.h"

int verb_explain(const struct options *options);

#endif
