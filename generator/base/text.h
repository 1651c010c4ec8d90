/*
** Text that grows in an arena.
*/
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

#include "arena.h"

struct text {
    struct arena *arena;
    char *data;         /* always ended by a zero; "" before the first byte */
    size_t length, room;
};

struct text text_start(struct arena *arena);
void text_add(struct text *text, const char *data, size_t length);
/* Takes back what was added after the first length bytes. */
void text_cut(struct text *text, size_t length);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 64 bits that follow from the text, in hexadecimal. */
const char *text_digest(const struct text *text);

/* Whole numbers in full, others with the fewest digits that give the same double again. */
void text_number(struct text *text, double number);

#endif
