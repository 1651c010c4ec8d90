/*
** See pages.h.
*/
#include "pages.h"

bool pages_create(struct pages *pages, int32_t count, struct memory *memory, struct problem *problem)
{
    *pages = (struct pages){ .count = count, .first_free = count > 0 ? 0 : -1, .free_count = count };
    pages->holders = memory_take(memory, (size_t)count, sizeof *pages->holders, problem);
    pages->next = memory_take(memory, (size_t)count, sizeof *pages->next, problem);
    if (pages->holders == NULL || pages->next == NULL)
        return false;
    for (int32_t page = 0; page < count; page++)
        pages->next[page] = page + 1 < count ? page + 1 : -1;
    return true;
}

int32_t pages_take(struct pages *pages)
{
    const int32_t page = pages->first_free;
    if (page < 0)
        return -1;
    pages->first_free = pages->next[page];
    pages->free_count--;
    pages->holders[page] = 1;
    return page;
}

void pages_hold(struct pages *pages, int32_t page)
{
    pages->holders[page]++;
}

void pages_release(struct pages *pages, int32_t page)
{
    if (--pages->holders[page] > 0)
        return;
    pages->next[page] = pages->first_free;
    pages->first_free = page;
    pages->free_count++;
}
