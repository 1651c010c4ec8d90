/*
** For the targets of masks and scores: the names that their inputs may use, and the
** promise that the printed text is a text of the same expression.
*/
#ifndef FUZZ_EXPRESSION_H
#define FUZZ_EXPRESSION_H

#include "../../generator/expression/expression.h"
#include "fuzz.h"

enum { FUZZ_HEADS = 4, FUZZ_ARRAYS = 4, FUZZ_NAMES = FUZZ_ARRAYS + 4 };

static const struct expression_array fuzz_arrays[FUZZ_ARRAYS] = {
    { "doc", EXPRESSION_INTEGER, 2, { EXPRESSION_AXIS_SEQUENCE, EXPRESSION_AXIS_KEY }, { 0 }, -INT32_MAX, INT32_MAX },
    { "visible", EXPRESSION_BOOLEAN, 3, { EXPRESSION_AXIS_HEAD, EXPRESSION_AXIS_QUERY, EXPRESSION_AXIS_KEY }, { 0 }, 0, 0 },
    { "bias", EXPRESSION_NUMBER, 3, { EXPRESSION_AXIS_HEAD, EXPRESSION_AXIS_QUERY, EXPRESSION_AXIS_KEY }, { 0 }, 0, 0 },
    { "part", EXPRESSION_INTEGER, 1, { EXPRESSION_AXIS_SIZE }, { 7 }, -3, 3 },
};

static const double fuzz_slopes[FUZZ_HEADS] = { 0.5, 0.25, 0.125, 0.0625 };
static const double fuzz_widths[FUZZ_HEADS] = { 3, 0, 70, -1 };

static const struct expression_name fuzz_names[FUZZ_NAMES] = {
    { .name = "doc", .kind = EXPRESSION_NAME_ARRAY, .array = &fuzz_arrays[0] },
    { .name = "visible", .kind = EXPRESSION_NAME_ARRAY, .array = &fuzz_arrays[1] },
    { .name = "bias", .kind = EXPRESSION_NAME_ARRAY, .array = &fuzz_arrays[2] },
    { .name = "part", .kind = EXPRESSION_NAME_ARRAY, .array = &fuzz_arrays[3] },
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

/* An element of an array of the expression whose list is the context: something in its range for each name and place. */
static inline double fuzz_element(const void *context, int index, const int64_t places[EXPRESSION_AXES])
{
    const struct expression_array *array = &((const struct expression_arrays *)context)->list[index];
    int64_t hash = array->name[0];
    for (int axis = 0; axis < array->axes; axis++)
        hash = (hash * 31 + places[axis]) % 1000003;
    const int64_t high = array->type == EXPRESSION_INTEGER ? array->high : 1, low = array->type == EXPRESSION_INTEGER ? array->low : 0;
    return (double)(low + (hash < 0 ? -hash : hash) % (high - low + 1));
}

static inline struct expression_source fuzz_source(const struct expression *expression)
{
    return (struct expression_source){ fuzz_element, &expression->arrays };
}

typedef bool fuzz_parse(struct expression *, const char *, const struct expression_name *, int, int, struct expression_error *);

/* An error points into the text and has a sentence. */
static inline bool fuzz_refused(const char *text, const struct expression_error *error)
{
    FUZZ_CHECK(error->column >= 1 && (size_t)error->column <= strlen(text) + 1);
    FUZZ_CHECK(error->text[0] != '\0');
    return false;
}

/* Prints the expression and reads it back into again, without names but those of arrays: the text has their values. */
static inline void fuzz_reprint(fuzz_parse *parse, const struct expression *expression, struct expression *again)
{
    static char first[EXPRESSION_BYTES + 1], second[EXPRESSION_BYTES + 1];
    struct expression_error error;
    expression_print(expression, first, sizeof first);
    FUZZ_CHECK(strlen(first) < EXPRESSION_BYTES);
    if (!parse(again, first, fuzz_names, FUZZ_ARRAYS, FUZZ_HEADS, &error)) {
        fprintf(stderr, "%s\ncolumn %d: %s\n", first, error.column, error.text);
        abort();
    }
    expression_print(again, second, sizeof second);
    FUZZ_CHECK(strcmp(first, second) == 0);
}

#endif
