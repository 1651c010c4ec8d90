/*
** Activation functions, in place.
*/
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include <stdint.h>

struct activation_kind {
    const char *name;
    void (*apply)(float *x, int64_t count);
};

const struct activation_kind *activation_find(const char *name);     /* or NULL */

#endif
