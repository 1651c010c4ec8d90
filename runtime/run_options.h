/*
** The words after attn_run.
*/
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "attn.h"
#include "problem.h"

struct run_options {
    const char *folder, *description;
    const char *kernels;              /* file, or NULL with --reference */
    const char *prompt;               /* text, or NULL */
    const char *tokens;               /* file, or NULL */
    const char *encoder_tokens;       /* file, or NULL */
    const char *logits;               /* file, or NULL */
    const char *cache_file;           /* or NULL */
    int64_t cache_megabytes;          /* 0: not said */
    int64_t steps;                    /* tokens to make at most; -1: not said */
    int64_t chunk;                    /* tokens of a prompt at once; 0: not said */
    int64_t threads;                  /* 0: one a CPU */
    bool reference, compare, raw, help;
    struct attn_sampling sampling;
};

bool run_options_read(struct run_options *options, int count, char *const *words, struct problem *problem);

extern const char run_options_usage[];

#endif
