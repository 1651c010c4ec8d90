/*
** Other programs, run to their end, several at a time.
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
    void (*take)(void *context, const char *line);   /* given each line, without its end, as soon as it is there */
    void *context;

    /* How it ended, once it has: signal is 0 when it ended by itself with this status. */
    int status, signal;
};

enum { PROCESS_MOST = 16 };     /* most at a time */

/* Runs all of them, at most at_once at a time. false after a report when one could not be run. */
bool process_run(struct process *processes, int count, int at_once, struct report *report);

/* How many processors this machine has for us; at most PROCESS_MOST. */
int process_processors(void);

#endif
