/*
** The dtypes of safetensors files.
*/
#ifndef TENSOR_TYPE_H
#define TENSOR_TYPE_H

#include "safetensors.h"

const struct tensor_type *tensor_type_find(const char *name);      /* or NULL */

#endif
