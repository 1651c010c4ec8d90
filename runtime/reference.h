/*
** The reference: a definition read aloud, in scalar double arithmetic, with
** neither tiles nor lanes. It is never tuned. It reads a definition's line and works on the same
** arguments as the emitted kernels, so it can take their place in a forward pass; but its q, k, v and o are floats,
** whatever the definition's activations are: who has others rounds what goes in and what comes out.
*/
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../templates/contract.h"

struct reference;

/* NULL when the line is not a definition; error then says why. */
struct reference *reference_create(const char *definition_line, char *error, size_t error_size);
void reference_destroy(struct reference *reference);       /* accepts NULL */

/* Bytes of a sequence's cache: (capacity, kv_heads, d_k + d_v) doubles. */
size_t reference_cache_bytes(const struct reference *reference, int64_t capacity);

/* Puts the new keys, rotated by their positions, and values into the caches. k_position is (rows of k). */
void reference_write(const struct reference *reference, const struct attn_args *args, const int32_t *k_position);

/*
** o = softmax(scale * q k, over the visible keys) v, and lse. A row that sees no key
** gives zeros and -infinity. Matrix and column sums where args point to them. q_position is (rows of q); args' rotation rows and workspace are not read.
*/
void reference_attend(const struct reference *reference, const struct attn_args *args, const int32_t *q_position);

#endif
