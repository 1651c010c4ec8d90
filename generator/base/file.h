/*
** Whole files, in and out. Every failure is one sentence naming the file.
*/
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "report.h"

/* The file's bytes, ended by a zero that *length does not count; NULL after a report. Refuses more than limit bytes. */
char *file_read(const char *path, size_t limit, size_t *length, struct arena *arena, struct report *report);

/*
** Afterwards the file holds text. One that held it already is not touched; any other
** is replaced at once, so that nobody sees half of it. *changed (or NULL) says which.
*/
bool file_write(const char *path, const char *text, size_t length, struct report *report, bool *changed);

/* The names in a directory, sorted, NULL-ended, without those that start with a dot; NULL after a report. */
const char *const *file_list(const char *directory, struct arena *arena, struct report *report);

/* What path, named in a file, is to a reader elsewhere: relative ones start at the file's folder. */
const char *file_beside(const char *file, const char *path, struct arena *arena);

/* How a file names a path so that file_beside gives it back: "../models/a" in "configs/a.lua" for "models/a". */
const char *file_from(const char *file, const char *path, struct arena *arena);

/* The directory and those above it exist. */
bool file_make_directory(const char *path, struct report *report);

#endif
