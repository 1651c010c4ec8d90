/*
** Where the fields of a chunk stand. Lua remembers no lines of table fields, so
** a small lexer reads the text once more: `name =` outside and inside of braces
** gives a tree of places. It knows no grammar; what it misses, the caller gives
** the line of the assignment.
*/
#ifndef PLACES_H
#define PLACES_H

#include <stddef.h>

#include "arena.h"

struct place {
    const char *name;            /* into the text, not ended by a zero; NULL for an item of a list */
    size_t length;
    int line;
    int item;                    /* its index in a list, from 1 */
    struct place *first, *last;  /* fields and items inside its braces */
    struct place *next;          /* after it in the same braces */
};

/* The root: its children are the chunk's assignments. */
const struct place *places_read(const char *text, size_t length, struct arena *arena);

/* The first field called name on line from or later, or NULL; place may be NULL. */
const struct place *place_field(const struct place *place, const char *name, int from);

/* The last one on line to or before. */
const struct place *place_assigned(const struct place *place, const char *name, int to);

/* The item of a list, or NULL. */
const struct place *place_item(const struct place *place, int item, int from);

#endif
