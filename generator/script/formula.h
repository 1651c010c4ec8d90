/*
** Formulas: short Lua texts in descriptors, which say what templates and checks compute with.
** They see what templates see, but print nothing.
*/
#ifndef FORMULA_H
#define FORMULA_H

#include <stdbool.h>

#include "../base/arena.h"
#include "../base/report.h"
#include "template.h"

/* A formula's text and the line on which it starts. */
struct formula { const char *text; struct where where; };

/* numbers[i] = what the formula returns when it sees i. false after a report: each must be finite. */
bool formula_numbers(const struct formula *formula, const struct template_values *values,
                     double *numbers, int count, struct arena *arena, struct report *report);

/* *sentence = the text that the formula returns, NULL when it returns nothing; false after a report. */
bool formula_sentence(const struct formula *formula, const struct template_values *values,
                      const char **sentence, struct arena *arena, struct report *report);

#endif
