/*
** Between the files that write C: what range.c does with numbers, as C text.
** Sums of variables stand where they are used, with each variable at the end of
** its range that makes the sum smallest or largest; other integers get locals
** low<node> and high<node>.
*/
#ifndef BOX_C_H
#define BOX_C_H

#include "../base/text.h"
#include "../expression/linear.h"

/* The least and the greatest value of an integer, as C. */
struct ends { const char *low, *high; };

/* joint is "&&" or "||" where the text has such an operator outside of parentheses. */
struct condition { const char *text, *joint; };

/* When a node holds for every point of a box, and when for none. */
struct conditions { struct condition always, never; };

enum { BOX_LOCALS = 4 * EXPRESSION_NODES };

/* A line or more that declare the local. */
struct box_local { const char *name, *text; };

/* The body of a function being written. */
struct box_writer {
    const struct expression *expression;
    const char *tables;                      /* their names, before the number */
    struct ends variables[EXPRESSION_VARIABLES];
    struct arena *arena;
    struct box_local locals[BOX_LOCALS];     /* each uses only those before it */
    int local_count;
    bool written[EXPRESSION_NODES];          /* integers that have their locals */
    struct text statements;
};

/* Queries are q_first .. q_last; keys names the first and the last key. */
void box_start(struct box_writer *writer, struct arena *arena, const struct expression *expression, const char *tables,
               struct ends keys);

/* A sum at its greatest (high) or least. */
const char *box_linear(const struct box_writer *writer, const struct linear *form, bool high);

/* An integer's ends, as locals where they are no sums. */
struct ends box_integer(struct box_writer *writer, int index);

/* Those of an element of an array, of integers or of booleans (0 and 1), which the function looks up. */
struct ends box_element(struct box_writer *writer, int index);

/* The elements of an array, counted by k along one axis, and the same for all queries of the box. */
struct key_line {
    const char *array, *start;               /* its name; where the first key's stands, as C */
    int index, axis;                         /* which array; which axis is the keys' */
    bool bounded;                            /* one line a sequence: whose bounds are kept */
};

/* false when an element is no integer of such a line. */
bool box_key_line(struct box_writer *writer, int index, struct key_line *line);

/* The text, fit to stand beside any operator. */
const char *box_factor(struct box_writer *writer, const char *text);

/* Of a boolean node that is neither true nor false. */
struct conditions box_conditions(struct box_writer *writer, int index);

/* The statements, with the locals that they use before them. */
const char *box_body(const struct box_writer *writer);

/* Whether the name occurs in the body. */
bool box_names(const char *body, const char *name);

/* Lines "(void)h;" for the parameters (NULL-ended) that the body does not name. */
void box_unused(struct text *text, const char *body, const char *const *parameters);

#endif
