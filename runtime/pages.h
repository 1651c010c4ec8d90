/*
** Pages of a cache, by number. Several sequences, and what is remembered of earlier ones, may hold
** the same page: it is free again when the last of them lets it go.
*/
#ifndef PAGES_H
#define PAGES_H

#include <stdint.h>

#include "memory.h"

struct pages {
    int32_t count;
    int32_t *holders;                 /* (count): how many hold the page; 0: it is free */
    int32_t *next;                    /* (count): the free page after this free one, or -1 */
    int32_t first_free;               /* or -1 */
    int32_t free_count;
};

bool pages_create(struct pages *pages, int32_t count, struct memory *memory, struct problem *problem);

/* A page with one holder, or -1 when none is free. */
int32_t pages_take(struct pages *pages);

void pages_hold(struct pages *pages, int32_t page);          /* of a page that somebody holds */
void pages_release(struct pages *pages, int32_t page);

#endif
