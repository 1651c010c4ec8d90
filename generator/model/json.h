/*
** JSON text to values and back.
*/
#ifndef JSON_H
#define JSON_H

#include "../base/report.h"
#include "../base/text.h"
#include "../base/value.h"

enum {
    JSON_BYTES = 4 * 1024 * 1024,      /* most of a file */
    JSON_DEPTH = 64                    /* deepest nesting */
};

/*
** The object in a file; NULL after a report. A null is as good as absent, a name given
** twice is refused. Values know the file, not their line.
*/
struct value *json_read(const char *file, struct arena *arena, struct report *report);

/*
** Adds the value as JSON, names sorted, and a line end. A table without names is a list.
** What is short stands in one line.
*/
void json_write(struct text *text, const struct value *value);

#endif
