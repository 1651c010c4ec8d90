/*
** Between the files that write expressions as C: scalars, literals and names of tables.
*/
#ifndef NUMBER_C_H
#define NUMBER_C_H

#include "../base/text.h"
#include "../expression/expression_tree.h"

/* The fewest digits that read back as the same float, and an f. */
void float_c(struct text *text, double number);

/* The name of a table's array. */
void table_name_c(struct text *text, const struct expression *expression, int table, const char *tables);

/* A node as a float: an integer is converted. */
void expression_float_c(struct text *text, const struct expression *expression, int node, const char *tables);

/*
** Where an element lies, as C: the sum of its places times strides, on those axes that `axes` marks (NULL: all). Over
** q, k and the rest, a struct attn_view *view, and a struct attn_array *array_<name>.
*/
void array_offset_c(struct text *text, const struct expression *expression, int element, const int *axes, const char *tables);

#endif
