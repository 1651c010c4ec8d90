/*
** Tokens that end a generation.
*/
#ifndef STOPS_H
#define STOPS_H

#include "attn.h"
#include "memory.h"

/* Those of the description and of the folder's generation_config.json, where it has one; -1 after a sentence. */
int stops_read(const struct attn_model_info *info, const char *folder, const int32_t **stops,
               struct memory *memory, struct problem *problem);

#endif
