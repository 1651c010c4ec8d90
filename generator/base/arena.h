/*
** One arena per run (or per emitted file): everything allocated in it is freed
** at once. Out of memory is one fatal message and exit status 2; callers never check.
*/
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);                       /* accepts NULL */

/* Zeroed memory for count objects of size bytes, aligned to 16 bytes. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A copy of the first length bytes of text, ended by a zero. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
