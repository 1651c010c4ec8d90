/*
** Templates: C with Lua lines in it. A line that starts with % is Lua; in all
** others $name and $(expression) are replaced by their values and $$ is a dollar.
** One template line becomes one line of Lua, so Lua's own messages carry the
** template's line. Unknown names and nil are errors.
**
** Integers print as they are, other numbers as float literals ("0.125f"), real(x)
** as a double literal. Templates see ipairs, math, string, real and the values
** they are given.
*/
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/report.h"
#include "../base/text.h"
#include "../base/value.h"

enum { TEMPLATE_VALUES = 256 };    /* most values of one rendering */

struct template_value {
    const char *name;
    enum { TEMPLATE_BOOLEAN, TEMPLATE_INTEGER, TEMPLATE_NUMBER, TEMPLATE_TEXT, TEMPLATE_LIST, TEMPLATE_NUMBERS, TEMPLATE_INTEGERS } kind;
    int64_t integer;               /* of a boolean too */
    double number;
    const char *text;
    const char *const *list;       /* NULL-ended */
    struct numbers numbers;
    const int *integers;
    int count;                     /* of integers */
};

/* What a template sees. Setting a name again replaces its value. */
struct template_values {
    int count;
    struct template_value value[TEMPLATE_VALUES];
};

void template_set_boolean(struct template_values *values, const char *name, bool boolean);
void template_set_integer(struct template_values *values, const char *name, int64_t integer);
void template_set_number(struct template_values *values, const char *name, double number);
void template_set_text(struct template_values *values, const char *name, const char *text);
void template_set_list(struct template_values *values, const char *name, const char *const *list);
void template_set_numbers(struct template_values *values, const char *name, struct numbers numbers);
void template_set_integers(struct template_values *values, const char *name, const int *list, int count);

/* A template's text and where it stands: line is that of its first line. */
struct template_source { const char *text; size_t length; struct where where; };

/* Appends the rendered text to out; false after a report, with out as it was. */
bool template_render(struct text *out, const struct template_source *source,
                     const struct template_values *values, struct report *report);

#endif
