/*
** The sequences of tokens that a run begins with.
*/
#ifndef PROMPT_H
#define PROMPT_H

#include "memory.h"

enum { PROMPT_SEQUENCES = 1 << 12, PROMPT_TOKENS = 1 << 24 };      /* at most */

struct prompt_sequence { const int32_t *tokens; int64_t length; };

struct prompt {
    struct prompt_sequence *sequences;       /* (count) */
    int count;
};

/* Tokens of the longest sequence; 0 without any. */
int64_t prompt_longest(const struct prompt *prompt);

/* From text with token ids separated by blanks, one sequence a line, or from an .npy of one or two axes. */
bool prompt_read(struct prompt *prompt, const char *path, struct memory *memory, struct problem *problem);

#endif
