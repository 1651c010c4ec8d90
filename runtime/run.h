/*
** What attn_run does with a prompt: continue it, and compare kernels with the reference.
*/
#ifndef RUN_H
#define RUN_H

#include "attn.h"
#include "memory.h"
#include "prompt.h"
#include "tokenizer.h"

enum { RUN_CHUNK = 512 };             /* tokens of prompts that go through the model at once */

struct run {
    struct attn_model *model;
    struct attn_sampler *sampler;
    struct tokenizer *tokenizer;      /* prints text as it is made; NULL: tokens are printed at the end */
    struct prompt prompt;
    struct prompt encoder_prompt;     /* of the same sequences; none without an encoder */
    int64_t steps;                    /* tokens to make, at most */
    int64_t chunk;                    /* tokens of each prompt that go through the model at once; 0: RUN_CHUNK in all */
    bool reference;                   /* instead of kernels */
    const int32_t *stops;             /* (stop_count): tokens that end a sequence */
    int stop_count;
    const char *logits;               /* file for the output rows of all tokens that went through the model, or NULL */
    const char *cache_file;           /* of prompts that are remembered, or NULL */
    int64_t cache_bytes;              /* for them, beside what the sequences need */
    struct memory *memory;
    struct problem *problem;
};

/* Tokens and seconds, apart for batches with and without tokens of a prompt. */
struct run_times {
    int64_t prompt_tokens, made_tokens;
    double prompt_seconds, made_seconds;
    int64_t recalled_tokens;
};

struct run_difference {
    double largest;                   /* between two logits */
    double low, high;                 /* of the reference's logits */
};

/* The longest of the prompt's sequences, at least 1. */
int64_t run_longest(const struct run *run);

/* Gives a session of `count` sequences what the encoder reads of those from `first` on; nothing without an encoder. */
bool run_encode(const struct run *run, struct attn_session *session, int first, int count);

bool run_generate(const struct run *run, struct run_times *times);
bool run_compare(const struct run *run, struct run_difference *difference);

#endif
