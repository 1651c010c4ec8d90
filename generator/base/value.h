/*
** What a Lua chunk assigned, as plain C: a tree of values, each with its place.
** Lua ends at script.c; everything behind it reads these.
*/
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "report.h"

enum value_kind {
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_NUMBER,
    VALUE_TEXT,
    VALUE_TABLE,     /* { ... } */
    VALUE_WORD       /* a word of the language, called or not: causal(), f32, where "..." { ... }, a & b */
};

struct value {
    enum value_kind kind;
    struct where where;
    bool boolean;
    int64_t integer;
    double number;               /* also set for VALUE_INTEGER */
    const char *text;            /* VALUE_TEXT; its bytes, ended by a zero */
    size_t length;
    const char *word;            /* VALUE_WORD: its name; "&", "|" and "~" for composed ones (operands are the items) */
    struct field *fields;        /* tables and words: named values, in the order of their lines, then of their names */
    int field_count;
    struct value **items;        /* tables and words: the list part; for a word also its text argument */
    int item_count;
};

struct field { const char *name; struct value *value; };

/* A list of numbers. */
struct numbers { const double *list; int count; };

/* The field called name, or NULL. */
struct value *value_field(const struct value *value, const char *name);

/* "a number", "text", "a table", "causal()": what an error message says was found. */
const char *value_describe(const struct value *value, struct arena *arena);

#endif
