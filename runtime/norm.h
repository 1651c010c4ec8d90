/*
** Norms of one row.
*/
#ifndef NORM_H
#define NORM_H

#include <stdint.h>

struct norm {
    const float *weight;              /* (width) */
    const float *bias;                /* (width), or NULL */
    float weight_offset;              /* added to every weight */
    float eps;
    int64_t width;
};

struct norm_kind {
    const char *name;
    void (*apply)(const struct norm *norm, const float *in, float *out);     /* (width); out may be in */
};

const struct norm_kind *norm_find(const char *name);     /* or NULL */

#endif
