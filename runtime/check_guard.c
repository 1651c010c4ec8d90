#include "check_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#define GUARD_PAGES 1
#include <sys/mman.h>
#include <unistd.h>
#else
#define GUARD_PAGES 0
#endif

enum { PATTERN = 0xa5 };

static _Noreturn void memory_refused(size_t bytes)
{
    fprintf(stderr, "check: out of memory: %zu more bytes were refused\n", bytes);
    exit(2);
}

void *check_memory(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        memory_refused(count * size);
    return memory;
}

#if GUARD_PAGES
static size_t guard_bytes(void)
{
    const long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (size_t)page : 4096;
}

/* Rooms that were destroyed wait here for the next of their size: mapping anew took a third of a check's time. */
enum { ROOMS_KEPT = 256 };
static struct { unsigned char *room; size_t bytes; } kept[ROOMS_KEPT];

static unsigned char *kept_take(size_t room_bytes)
{
    for (int i = 0; i < ROOMS_KEPT; i++)
        if (kept[i].room != NULL && kept[i].bytes == room_bytes) {
            unsigned char *room = kept[i].room;
            kept[i].room = NULL;
            return room;
        }
    return NULL;
}

static bool kept_give(unsigned char *room, size_t room_bytes)
{
    for (int i = 0; i < ROOMS_KEPT; i++)
        if (kept[i].room == NULL) {
            kept[i].room = room;
            kept[i].bytes = room_bytes;
            return true;
        }
    return false;
}

/* Whole pages between two that fault. */
static unsigned char *room_create(size_t room_bytes)
{
    unsigned char *room = kept_take(room_bytes);
    if (room != NULL)
        return room;
    const size_t guard = guard_bytes();
    unsigned char *mapping = mmap(NULL, room_bytes + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping + guard, room_bytes, PROT_READ | PROT_WRITE) != 0)
        memory_refused(room_bytes);
    return mapping + guard;
}

static void room_destroy(struct guarded *guarded)
{
    if (!kept_give(guarded->room, guarded->room_bytes))
        munmap(guarded->room - guard_bytes(), guarded->room_bytes + 2 * guard_bytes());
}
#else
/* Nothing faults here: a page of the pattern on each side shows writes, but not reads. */
static size_t guard_bytes(void)
{
    return 4096;
}

static unsigned char *room_create(size_t room_bytes)
{
    unsigned char *room = aligned_alloc(guard_bytes(), room_bytes);
    if (room == NULL)
        memory_refused(room_bytes);
    return room;
}

static void room_destroy(struct guarded *guarded)
{
    free(guarded->room);
}
#endif

struct guarded guarded_create(size_t bytes, size_t alignment, enum guard_side side)
{
    const size_t guard = guard_bytes(), margin = GUARD_PAGES ? 0 : guard;
    const size_t room_bytes = (bytes / guard + 1) * guard + 2 * margin;
    const size_t last = (room_bytes - margin - bytes) / alignment * alignment;
    struct guarded guarded = { .bytes = bytes, .side = side, .room = room_create(room_bytes), .room_bytes = room_bytes };
    guarded.data = guarded.room + (side == GUARD_END ? last : margin);
    memset(guarded.room, PATTERN, room_bytes);
    return guarded;
}

void guarded_destroy(struct guarded *guarded)
{
    if (guarded->room != NULL)
        room_destroy(guarded);
    *guarded = (struct guarded){ 0 };
}

bool guarded_intact(const struct guarded *guarded)
{
    const unsigned char *end = guarded->room + guarded->room_bytes;
    for (const unsigned char *at = guarded->room; at < guarded->data; at++)
        if (*at != PATTERN)
            return false;
    for (const unsigned char *at = guarded->data + guarded->bytes; at < end; at++)
        if (*at != PATTERN)
            return false;
    return true;
}

void guarded_fill(struct guarded *guarded, uint32_t bits)
{
    const size_t first = guarded->bytes < sizeof bits ? guarded->bytes : sizeof bits;
    memcpy(guarded->data, &bits, first);
    for (size_t filled = first, more; filled < guarded->bytes; filled += more) {
        more = guarded->bytes - filled < filled ? guarded->bytes - filled : filled;
        memcpy(guarded->data + filled, guarded->data, more);
    }
}
