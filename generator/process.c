#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_STARTED = 127 };       /* exit status when there is no such program, as shells have it */

static bool process_refuse(const struct process *process, struct report *report, const char *why)
{
    const struct where where = { process->command[0], 0 };
    report_error(report, where, "cannot be run: %s", why);
    return false;
}

/* Becomes the command, with its output in the pipe. Never returns. */
static _Noreturn void process_become(const struct process *process, const int ends[2])
{
    dup2(ends[1], STDOUT_FILENO);
    if (process->output == PROCESS_ALL)
        dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(process->command[0], (char *const *)(void *)process->command);
    _exit(NOT_STARTED);
}

static void lines_take(const struct process *process, FILE *output)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, output)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        process->take(process->context, line);
    }
    free(line);
}

static int process_wait(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

bool process_run(const struct process *process, struct process_end *end, struct report *report)
{
    int ends[2];
    if (pipe(ends) != 0)
        return process_refuse(process, report, strerror(errno));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        process_become(process, ends);
    close(ends[1]);
    FILE *output = child < 0 ? NULL : fdopen(ends[0], "r");
    if (output == NULL) {
        close(ends[0]);
        return process_refuse(process, report, strerror(errno));
    }
    lines_take(process, output);
    fclose(output);
    const int status = process_wait(child);
    *end = (struct process_end){ WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0 };
    if (end->signal == 0 && end->status == NOT_STARTED)
        return process_refuse(process, report, "there is no such program");
    return true;
}
