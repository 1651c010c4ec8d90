/*
** Everything that a model or a session owns, released at once. Nothing is given
** back alone, so a failure anywhere needs no other clean-up.
*/
#ifndef MEMORY_H
#define MEMORY_H

#include "attn.h"
#include "problem.h"

struct memory {
    const struct attn_allocator *allocator;
    struct memory_block *blocks;      /* newest first */
    unsigned char *room;              /* rest of the newest block of small things */
    size_t left;                      /* its bytes */
};

void memory_begin(struct memory *memory, const struct attn_allocator *allocator);   /* NULL: the C library's */
void memory_release(struct memory *memory);

/* count things of size bytes, all zero, aligned to 64 bytes; NULL and a sentence when there is no memory. */
void *memory_take(struct memory *memory, size_t count, size_t size, struct problem *problem);

/* The same without the zeros, for what is large: huge pages are asked for. */
void *memory_take_large(struct memory *memory, size_t count, size_t size, struct problem *problem);

/* A copy, ended by a zero. */
char *memory_text(struct memory *memory, const char *text, struct problem *problem);

#endif
