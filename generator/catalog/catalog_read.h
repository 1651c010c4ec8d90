/*
** One descriptor file, read and checked.
*/
#ifndef CATALOG_READ_H
#define CATALOG_READ_H

#include "catalog.h"

/* NULL after a report. The file is called name.lua; path is how messages name it. */
const struct descriptor *catalog_read(enum catalog_kind kind, const char *name, const char *path,
                                      const char *text, size_t length, struct arena *arena, struct report *report);

#endif
