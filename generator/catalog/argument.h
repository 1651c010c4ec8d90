/*
** What a config gave for a descriptor's parameter, whatever its type: as text of a line,
** as a value of a template, as a value to explain.
*/
#ifndef ARGUMENT_H
#define ARGUMENT_H

#include "../base/text.h"
#include "../base/value.h"
#include "../definition/definition.h"
#include "../script/template.h"

/* 0.5, true, half, 1,2.5 or the name of the word. */
void argument_print(struct text *text, const struct parameter *parameter, const struct argument *argument);

/* A word becomes the text of its name; what it was given itself is another call's. */
void argument_set(struct template_values *values, const char *name, const struct parameter *parameter,
                  const struct argument *argument);
struct value *argument_value(const struct parameter *parameter, const struct argument *argument, struct arena *arena);

#endif
