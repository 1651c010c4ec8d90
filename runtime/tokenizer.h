/*
** Text to tokens and back, by a Python process (tokenizer.py) at the other end of two pipes.
*/
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include "memory.h"

struct tokenizer;

/* Starts the process for a model folder. */
struct tokenizer *tokenizer_start(const char *folder, struct memory *memory, struct problem *problem);
void tokenizer_stop(struct tokenizer *tokenizer);        /* accepts NULL */

/* chat: by the folder's chat template, where it has one. The tokens lie in memory; -1 after a sentence. */
int64_t tokenizer_encode(struct tokenizer *tokenizer, const char *text, bool chat, int32_t **tokens,
                         struct memory *memory, struct problem *problem);

/* Prints what the token adds to the text: whole characters, the rest is held back. */
bool tokenizer_print(struct tokenizer *tokenizer, int32_t token, struct problem *problem);

/* Prints what was held back. */
bool tokenizer_finish(struct tokenizer *tokenizer, struct problem *problem);

#endif
