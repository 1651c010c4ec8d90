/*
** For the targets of masks and scores: the names that their inputs may use, and the
** promise that the printed text is a text of the same expression.
*/
#ifndef FUZZ_EXPRESSION_H
#define FUZZ_EXPRESSION_H

#include "../../generator/expression.h"
#include "fuzz.h"

enum { FUZZ_HEADS = 4, FUZZ_NAMES = 4 };

static const double fuzz_slopes[FUZZ_HEADS] = { 0.5, 0.25, 0.125, 0.0625 };
static const double fuzz_widths[FUZZ_HEADS] = { 3, 0, 70, -1 };

static const struct expression_name fuzz_names[FUZZ_NAMES] = {
    { .name = "W", .kind = EXPRESSION_NAME_INTEGER, .value = 13 },
    { .name = "cap", .kind = EXPRESSION_NAME_NUMBER, .number = 30.5 },
    { .name = "slope", .kind = EXPRESSION_NAME_TABLE, .values = fuzz_slopes, .count = FUZZ_HEADS },
    { .name = "width", .kind = EXPRESSION_NAME_TABLE, .values = fuzz_widths, .count = FUZZ_HEADS },
};

/* Points where the expression and the one read back must agree: corners of the variables' ranges, and an ordinary one. */
static const int64_t fuzz_points[][EXPRESSION_VARIABLES] = {
    { 0, 0, 0, 0, 0, 0 },
    { 17, 5, 3, 1, 20, 33 },
    { EXPRESSION_KEYS - 1, EXPRESSION_KEYS - 1, FUZZ_HEADS - 1, EXPRESSION_KEYS - 1, EXPRESSION_KEYS - 1, EXPRESSION_KEYS - 1 },
    { 1 - EXPRESSION_KEYS, EXPRESSION_KEYS - 1, 0, 0, 0, EXPRESSION_KEYS - 1 },
};

enum { FUZZ_POINTS = sizeof fuzz_points / sizeof fuzz_points[0] };

typedef bool fuzz_parse(struct expression *, const char *, const struct expression_name *, int, int, struct expression_error *);

/* An error points into the text and has a sentence. */
static inline bool fuzz_refused(const char *text, const struct expression_error *error)
{
    FUZZ_CHECK(error->column >= 1 && (size_t)error->column <= strlen(text) + 1);
    FUZZ_CHECK(error->text[0] != '\0');
    return false;
}

/* Prints the expression and reads it back into again, without names: the text has their values. */
static inline void fuzz_reprint(fuzz_parse *parse, const struct expression *expression, struct expression *again)
{
    static char first[EXPRESSION_BYTES + 1], second[EXPRESSION_BYTES + 1];
    struct expression_error error;
    expression_print(expression, first, sizeof first);
    FUZZ_CHECK(strlen(first) < EXPRESSION_BYTES);
    if (!parse(again, first, NULL, 0, FUZZ_HEADS, &error)) {
        fprintf(stderr, "%s\ncolumn %d: %s\n", first, error.column, error.text);
        abort();
    }
    expression_print(again, second, sizeof second);
    FUZZ_CHECK(strcmp(first, second) == 0);
}

#endif
