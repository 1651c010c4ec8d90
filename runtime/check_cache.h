/*
** What caches store: close to what was written, and what the reference must attend to when it is not the same.
*/
#ifndef CHECK_CACHE_H
#define CHECK_CACHE_H

#include "check_run.h"

/* Makes the reference's answer that for K and V as the kernels store and read them; nothing to do for f32. */
void cache_settle(struct trial *trial, const struct subject *subject, const struct attn_attention *attention,
                  struct random *random);

/* Whether `read` gives back what was written, as exactly as the caches' types are. */
bool cache_reads_back(struct run *run);

/* The rows of `from` through `read` and `store` into `to`, whose caches are new. */
void cache_copy(struct run *from, struct run *to);

/* Whether a copy has the bits of what was read: of types that scale nothing. */
bool cache_copies_exactly(const struct reference_line *line);

/* The value row (d_v) that is stored at a place. */
void cache_read_value(struct run *run, int32_t b, int head, int32_t place, float *v);

#endif
