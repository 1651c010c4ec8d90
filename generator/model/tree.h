/*
** Values made by C rather than by a chunk: what is printed as JSON, or read as if
** a config had said it.
*/
#ifndef TREE_H
#define TREE_H

#include "../base/value.h"

struct value *tree_text(const char *text, struct arena *arena);          /* the text is not copied */
struct value *tree_integer(int64_t integer, struct arena *arena);
struct value *tree_number(double number, struct arena *arena);
struct value *tree_boolean(bool boolean, struct arena *arena);
struct value *tree_table(struct arena *arena);

/* Only tables of tree_table grow. Each gives back the table, so that calls can be chained. */
struct value *tree_set(struct value *table, const char *name, struct value *value, struct arena *arena);
struct value *tree_append(struct value *table, struct value *value, struct arena *arena);

#endif
