#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { BLOCK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, room;
    _Alignas(ALIGNMENT) char data[];
};

struct arena { struct block *block; };     /* the newest block first */

static _Noreturn void memory_refused(size_t bytes)
{
    fprintf(stderr, "attngen: out of memory: %zu more bytes were refused\n", bytes);
    exit(2);
}

/* All memory of an arena comes from here. */
static void *memory_get(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL)
        memory_refused(bytes);
    return memory;
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_get(sizeof *arena);
    arena->block = NULL;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->block != NULL) {
        struct block *next = arena->block->next;
        free(arena->block);
        arena->block = next;
    }
    free(arena);
}

/* A new block with room for bytes becomes the one that is filled. */
static void block_add(struct arena *arena, size_t bytes)
{
    size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct block *block = memory_get(sizeof *block + room);
    *block = (struct block){ .next = arena->block, .room = room };
    arena->block = block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 2) / size)
        memory_refused(SIZE_MAX);
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->block == NULL || bytes > arena->block->room - arena->block->used)
        block_add(arena, bytes);
    void *memory = arena->block->data + arena->block->used;
    arena->block->used += bytes;
    return memset(memory, 0, bytes);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1, 1);
    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_refused(SIZE_MAX);
    char *text = arena_alloc(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
