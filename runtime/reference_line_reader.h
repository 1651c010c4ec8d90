/*
** Between the files that read a line: reference_line.c has the keys, reference_line_check.c what must hold between their values.
*/
#ifndef REFERENCE_LINE_READER_H
#define REFERENCE_LINE_READER_H

#include "reference_line.h"

enum { VALUE_BYTES = EXPRESSION_BYTES };     /* longest value of a key: no list is longer than a mask can be */

/* A line on its way: what is left of it, and where an error goes. */
struct reader {
    struct reference_line *line;
    const char *at;
    char *error;
    size_t error_size;
    char mask[VALUE_BYTES], score[VALUE_BYTES], arrays[VALUE_BYTES];
    uint64_t seen;                /* bit i: keys[i] has a value */
};

/* The sentence becomes the line's error; false. */
__attribute__((format(printf, 2, 3)))
bool reference_line_refuse(const struct reader *reader, const char *format, ...);

/* Whether the line has the key. */
bool reference_line_has(const struct reader *reader, const char *name);

/* Whether the values agree; fills what follows from them: expressions, the heads that are left. */
bool reference_line_check(const struct reader *reader);

#endif
