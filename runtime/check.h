/*
** The check harness: emitted kernels against the reference and against each other.
** It is compiled together with an emitted model into a program of its own, which
** needs nothing but the C library, so that it can run on another machine.
**
**   check_guard, check_strided   memory that notices what is done beside it
**   check_trial                  a problem and the reference's answer
**   check_run                    kernels at work on it
**   check_cache                  what caches store, and whether it comes back
**   check_ways                   the same problem in other ways: the same bits
**   check_outputs   what a call gives besides o and lse
**   check_identity               what must hold whatever the reference says
**   check_verdict                comparisons, and the sentence that says what differs
*/
#ifndef CHECK_H
#define CHECK_H

#include "check_cache.h"

/*
** For every definition and target one line, `pass|fail|skip DEFINITION target=T: detail`, and a summary.
** Options: --seed S, --quick; --trace says what is about to run, --first D leaves out the definitions before index D.
** 0: all passed, 1: a check failed, 2: bad usage or a model that cannot be checked.
*/
int check_main(const struct attn_model_kernels *kernels, int argc, char **argv);

enum { VERDICT_BYTES = 1024 };

/* What is known of one definition on one target. */
struct verdict {
    int trials;
    double worst;                       /* largest error seen, as verdict_near measures it */
    char failure[VERDICT_BYTES];        /* the first one; "" while there is none */
};

/* What a trial's mask allows one to expect; bits. */
enum trait {
    TRAIT_CAUSAL    = 1,                /* no query sees a key behind its place */
    TRAIT_NO_Q_LEN  = 2,                /* neither mask nor score uses q_len */
    TRAIT_NO_KV_LEN = 4,
    TRAIT_NO_B      = 8
};

/* One target at one trial. */
struct check {
    struct trial *trial;
    const struct attn_attention *attention;
    struct random *random;
    struct verdict *verdict;
    unsigned traits;
    struct result whole;                /* prefill of everything at once: what all other ways must give */
};

unsigned check_traits(const struct trial *trial);

void check_ways(struct check *check);
void check_outputs(struct check *check);
void check_identities(struct check *check);

/* Keeps the sentence when it is the first; way says what was done. */
void verdict_fail(struct check *check, const char *way, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether the outputs hold the rows of the sequences and nothing else; they go to *found. */
bool verdict_take(struct check *check, const char *way, struct run *run, struct result *found);

/* Bit for bit. */
bool verdict_same(struct check *check, const char *way, const struct result *found, const struct result *expected);

/* Matrix and column sums, in the same two ways. */
bool verdict_same_outputs(struct check *check, const char *way, const struct result *found, const struct result *expected);
bool verdict_near_outputs(struct check *check, const char *way, const struct result *found, const struct result *expected);

/* Within the tolerance that check_verdict.c states, o rounded to its type; merged: of two parts, whose o, rounded too, was at most so large. */
bool verdict_near(struct check *check, const char *way, const struct result *found, const struct result *expected);
bool verdict_near_merged(struct check *check, const char *way, double parts, const struct result *found, const struct result *expected);

#endif
