/*
** What went wrong, in one sentence for the user.
*/
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

struct problem { char *text; size_t size; };

/*
** Writes the sentence, with ? for control characters: names in it come from files.
** Always false, so that a function can return it.
*/
bool problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
