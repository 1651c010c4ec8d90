/*
** Memory that notices what is read or written beside it: it ends (or begins) at a page
** that faults, and what is left of its own pages holds a pattern that must survive.
*/
#ifndef CHECK_GUARD_H
#define CHECK_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum guard_side { GUARD_START, GUARD_END };    /* on which side data touches the page that faults */

struct guarded {
    unsigned char *data;              /* bytes, aligned as asked */
    size_t bytes;
    enum guard_side side;
    unsigned char *room;              /* readable memory around data */
    size_t room_bytes;
};

/* Out of memory ends the program with one sentence. */
struct guarded guarded_create(size_t bytes, size_t alignment, enum guard_side side);
void guarded_destroy(struct guarded *guarded);       /* accepts an all-zero one */

/* Whether nothing was written beside data. */
bool guarded_intact(const struct guarded *guarded);

/* Zeroed memory without guards, for what only the harness touches; free it. */
void *check_memory(size_t count, size_t size);

/* Every float of data becomes the one with these bits, or every two bytes where its halves are the same. */
void guarded_fill(struct guarded *guarded, uint32_t bits);

#endif
