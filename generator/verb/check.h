/*
** `attngen check`: emits a config, or random ones, compiles the kernels with the harness of
** runtime/check.h and runs it.
*/
#ifndef GENERATOR_CHECK_H
#define GENERATOR_CHECK_H

#include "options.h"

/* 0: no mismatch, 1: a mismatch, 2: bad usage or input. */
int verb_check(const struct options *options);

#endif
