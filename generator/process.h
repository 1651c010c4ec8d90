/*
** Other programs, run to their end.
*/
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>

#include "report.h"

enum process_output {
    PROCESS_OUTPUT,          /* its standard output */
    PROCESS_ALL              /* and its errors */
};

struct process {
    const char *const *command;                      /* the program and its arguments, NULL-ended */
    enum process_output output;                      /* what goes to take */
    void (*take)(void *context, const char *line);   /* given each line, without its end */
    void *context;
};

/* How a process ended: signal is 0 when it ended by itself with this status. */
struct process_end { int status, signal; };

/* false after a report when the process could not be run. */
bool process_run(const struct process *process, struct process_end *end, struct report *report);

#endif
