/*
** Errors are sentences at a place. They are collected, not fatal: the first
** REPORT_LIMIT are printed, then one line says that there were more.
*/
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

enum { REPORT_LIMIT = 20 };

/* A place in a config or template; line 0 when only the file is known. */
struct where { const char *file; int line; };

struct report { FILE *out; int errors; };

/* Prints `file:line: sentence`. */
void report_error(struct report *report, struct where where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The word of words (NULL-ended) nearest to word, or NULL when none is near enough to be meant. */
const char *report_nearest(const char *word, const char *const *words);

#endif
