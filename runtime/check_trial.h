/*
** A trial: one problem on which every target of a definition is run. A batch of ragged
** sequences whose rows stand in strided, guarded memory, NaN wherever nobody may
** read, with the reference's answer beside it.
*/
#ifndef CHECK_TRIAL_H
#define CHECK_TRIAL_H

#include "array.h"
#include "check_array.h"
#include "check_strided.h"
#include "reference.h"
#include "reference_line.h"

enum {
    TRIAL_SEQUENCES = 5,
    TRIAL_NAN = 0x7fc00bad        /* bits of the NaN in places that nobody may read */
};

/* One sequence. */
struct trial_shape {
    int32_t q_len, kv_len, q_offset;
    double spread;                /* standard deviation of its scores */
    double growth;                /* size of the last key; the first has 1 */
};

/* What attention gives, without gaps; rows of no sequence are 0. */
struct result {
    float *o;                     /* (rows of q, heads, d_v) */
    float *lse;                   /* (rows of q, heads) */
    float *matrix;                /* (rows of q, matrix_heads, keys of the longest sequence), where the definition has it; or NULL */
    float *column_sums;           /* (sequences, heads, keys of the longest sequence); or NULL */
};

struct trial {
    const struct reference_line *line;
    int32_t sequences;
    struct attn_sequence sequence[TRIAL_SEQUENCES];   /* all queries and all keys at once; without caches */
    struct strided q, k, v;                           /* floats that activations have, too */
    float *sink;                                      /* (heads) */
    float *q_norm[2], *k_norm[2];                     /* weights and biases: (d_k) or (heads, d_k) */
    struct check_arrays arrays;
    int32_t *q_position, *k_position;                 /* (rows of q), (rows of k) */
    double *reference_cache[TRIAL_SEQUENCES];         /* K and V as they were written, K rotated */
    double *stored_cache[TRIAL_SEQUENCES];            /* as the kernels read them; NULL where they keep floats */
    struct result expected;
    double sharpness;             /* how many times wider than ordinary scores are spread; at least 1 */
};

/* What a definition and its reference are to a trial. */
struct subject {
    struct reference_line line;
    struct reference *reference;
};

void trial_create(struct trial *trial, const struct subject *subject, const struct trial_shape *shape,
                  int32_t sequences, struct random *random);
void trial_destroy(struct trial *trial);

/* Makes the reference's answer over its caches the expected one. */
void trial_attend(struct trial *trial, const struct subject *subject, double *const cache[]);

/* The trial's inputs, as floats, for some of its sequences; the caller adds where the results go. */
struct attn_args trial_args(const struct trial *trial, const struct attn_sequence *sequence, int32_t sequences);

/* Every value becomes constant_value(d); the expected result stays as it was. */
void trial_set_constant(struct trial *trial);
float constant_value(int d);

/* Whether the query of index i of sequence b sees key k, when place `shift` of the key axis is called 0. */
bool trial_sees(const struct trial *trial, int32_t b, int32_t i, int32_t k, int head, int32_t shift);

/* What becomes of a score s there. */
double trial_score(const struct trial *trial, int32_t b, int32_t i, int32_t k, int head, int32_t shift, double s);

/* Keys of the longest sequence. */
int32_t trial_keys(const struct trial *trial);

struct result result_create(const struct trial *trial);
void result_destroy(struct result *result);

#endif
