/*
** The bytes of a case's tensor as doubles.
*/
#ifndef CASE_VALUES_H
#define CASE_VALUES_H

#include "case.h"

/* Bytes of a value, or 0 when no tensor has this type. */
int case_type_bytes(const char *type);

/* The tensor's values from bytes, which hold all of them. */
double *case_values(const struct case_tensor *tensor, const char *bytes, struct arena *arena);

#endif
