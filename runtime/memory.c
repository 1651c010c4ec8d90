/*
** Blocks from one allocator in a list. Small things share a block; each large one has its own.
*/
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SMALL     = 4096,           /* bytes, at most, of what shares a block */
    SHARED    = 64 * 1024,      /* bytes of a shared block */
    HUGE_PAGE = 2 * 1024 * 1024
};

/* Fills one alignment unit, so that what follows it is aligned. */
struct memory_block {
    _Alignas(ATTN_ALIGNMENT) struct memory_block *next;
};

static void *library_allocate(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    void *memory = NULL;
    return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
}

static void library_release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static const struct attn_allocator library = { library_allocate, library_release, NULL };

void memory_begin(struct memory *memory, const struct attn_allocator *allocator)
{
    *memory = (struct memory){ .allocator = allocator != NULL ? allocator : &library };
}

void memory_release(struct memory *memory)
{
    while (memory->blocks != NULL) {
        struct memory_block *block = memory->blocks;
        memory->blocks = block->next;
        memory->allocator->release(memory->allocator->context, block);
    }
    memory->left = 0;
}

/* The bytes behind a new block's head, or NULL. */
static unsigned char *block_add(struct memory *memory, size_t bytes, size_t alignment)
{
    const struct attn_allocator *allocator = memory->allocator;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    struct memory_block *block = allocator->allocate(allocator->context, sizeof *block + bytes, alignment);
    if (block == NULL)
        return NULL;
    block->next = memory->blocks;
    memory->blocks = block;
    return (unsigned char *)(block + 1);
}

/* bytes is a multiple of the alignment and at most SMALL. */
static unsigned char *shared_take(struct memory *memory, size_t bytes)
{
    if (bytes > memory->left) {
        unsigned char *room = block_add(memory, SHARED, ATTN_ALIGNMENT);
        if (room == NULL)
            return NULL;
        memory->room = room;
        memory->left = SHARED;
    }
    unsigned char *taken = memory->room;
    memory->room += bytes;
    memory->left -= bytes;
    return taken;
}

static bool bytes_count(size_t count, size_t size, size_t *bytes)
{
    if (__builtin_mul_overflow(count, size, bytes) || *bytes > SIZE_MAX / 2)
        return false;
    *bytes = (*bytes / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT;      /* at least one: nothing has an address too */
    return true;
}

static void *none_left(size_t count, size_t size, struct problem *problem)
{
    problem_set(problem, "out of memory: %zu times %zu bytes were asked for", count, size);
    return NULL;
}

void *memory_take(struct memory *memory, size_t count, size_t size, struct problem *problem)
{
    size_t bytes;
    if (!bytes_count(count, size, &bytes))
        return none_left(count, size, problem);
    void *taken = bytes <= SMALL ? shared_take(memory, bytes) : block_add(memory, bytes, ATTN_ALIGNMENT);
    return taken == NULL ? none_left(count, size, problem) : memset(taken, 0, bytes);
}

void *memory_take_large(struct memory *memory, size_t count, size_t size, struct problem *problem)
{
    size_t bytes;
    if (!bytes_count(count, size, &bytes))
        return none_left(count, size, problem);
    const bool huge = bytes >= HUGE_PAGE;
    unsigned char *taken = block_add(memory, bytes, huge ? HUGE_PAGE : ATTN_ALIGNMENT);
    if (taken == NULL)
        return none_left(count, size, problem);
    if (huge)        /* only advice: whether it is taken does not matter */
        (void)madvise((void *)memory->blocks, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return taken;
}

char *memory_text(struct memory *memory, const char *text, struct problem *problem)
{
    const size_t size = strlen(text) + 1;
    char *copy = memory_take(memory, 1, size, problem);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}
