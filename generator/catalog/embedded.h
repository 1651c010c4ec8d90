/*
** The files that the program carries inside: templates/ and configs/families/,
** byte for byte. embed.c writes the table when the program is built.
*/
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name;        /* "templates/mask/window.lua" */
    const char *text;        /* ended by a zero that length does not count */
    size_t length;
};

extern const struct embedded_file embedded_files[];      /* sorted by name */
extern const int embedded_file_count;

/* NULL when there is none. */
const struct embedded_file *embedded_find(const char *name);

/* The first file whose name starts with prefix, and how many do. */
const struct embedded_file *embedded_under(const char *prefix, int *count);

#endif
