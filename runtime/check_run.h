/*
** One target's kernels at work on a trial, with caches, workspaces, scratches and
** outputs in guarded memory that holds NaN before it is written.
*/
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "check_trial.h"

enum { RUN_UNWRITTEN = 0x7fed7fed };      /* bits of every output before it is written; a NaN unlike TRIAL_NAN, of two bytes too */

struct run {
    const struct trial *trial;
    const struct attn_attention *attention;
    struct random *random;
    bool shuffled;                        /* tasks in a random order, each with a scratch of NaN */
    bool without_lse;
    bool without_keys;                    /* no call has new keys: k, v and what belongs to them are not there */
    struct attn_sequence sequence[TRIAL_SEQUENCES];   /* all queries and all keys at once, with caches */
    struct guarded cache[TRIAL_SEQUENCES];            /* of a paged one, the first holds the pages of all sequences */
    struct guarded pages[TRIAL_SEQUENCES];            /* which pages are a sequence's: a random choice in a random order */
    int32_t chunk;                                    /* most new keys of a call that the caches are made for */
    struct guarded q_rotation, k_rotation;            /* (rows, rotation_floats) */
    struct strided q, k, v;               /* the trial's, as activations */
    struct strided o;
    struct strided lse;                   /* (rows, 1, heads) */
    struct strided matrix;                /* (rows, matrix_heads, keys), where the definition has it */
    struct strided column_sums;           /* (sequences, heads, keys), the same */
    const char *damage;                   /* what was written outside of its place, or NULL */
};

void run_create(struct run *run, const struct trial *trial, const struct attn_attention *attention,
                struct random *random);
void run_destroy(struct run *run);

/* Its sequences have all keys in the caches of the other run, and bring none themselves. */
void run_share(struct run *run, const struct run *owner);

/* For a way that never adds more than a few keys at a time: a ring of no more than what that needs. */
void run_use_small_ring(struct run *run);

/* Runs a phase on some sequences, which have run's caches; b of the mask is the index in this array. */
void run_phase(struct run *run, const struct attn_phase *phase, const struct attn_sequence *sequence,
               int32_t sequences);

/* All keys of all sequences into the caches. */
void run_write(struct run *run);

/* What the outputs hold; false, with damage set, when something else was written than the rows of the sequences. */
bool run_result(struct run *run, struct result *result);

/* The same for matrix and column sums, where result has room for them. */
bool run_outputs(struct run *run, struct result *result);

#endif
