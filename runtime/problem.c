/*
** One sentence for the user; see problem.h.
*/
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

bool problem_set(struct problem *problem, const char *format, ...)
{
    if (problem->size == 0)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, problem->size, format, arguments);
    va_end(arguments);
    for (char *c = problem->text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return false;
}
