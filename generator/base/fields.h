/*
** Fields of a table, read by name and checked. A wrong one is reported as
** `attention.d_k is "64" (text); expected a whole number from 1 to 1024`.
*/
#ifndef FIELDS_H
#define FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "report.h"
#include "value.h"

struct fields {
    const struct value *table;       /* or a word: its fields */
    const char *path;                /* what messages put before a field's name: "attention." or "" */
    struct arena *arena;
    struct report *report;
};

/* What a field may be. */
struct field_limits { double min, max; };

/* false after a report when the table has a field that is not among known (NULL-ended), or a list part. */
bool fields_known(const struct fields *fields, const char *const *known);

/* Each is false after a report. An absent field is wrong when required, and otherwise leaves *result as it was. */
bool fields_integer(const struct fields *fields, const char *name, bool required,
                    struct field_limits limits, int64_t *result);
bool fields_number(const struct fields *fields, const char *name, bool required,
                   struct field_limits limits, double *result);
bool fields_text(const struct fields *fields, const char *name, bool required, const char **result);

/* Always false: reports that the field is missing or not what was expected. */
bool fields_refuse(const struct fields *fields, const char *name, const char *expected, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether value is a whole number, also when written 64.0 or computed by a division. */
bool value_is_whole(const struct value *value, int64_t *whole);

/* Letters, digits and underscores, at most 63, a letter first: what Lua and C call a name. */
bool name_is_word(const char *name);

/* A text that is a C identifier of at most 63 letters, digits and underscores, and no word of C. */
bool name_is_identifier(const char *name);

#endif
