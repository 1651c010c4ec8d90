#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NOT_STARTED = 127,       /* exit status when there is no such program, as shells have it */
    LINE_BYTES  = 32 * 1024  /* longer lines are given in pieces */
};

/* A process at work. */
struct running {
    struct process *process; /* NULL: this place is free */
    pid_t child;
    int output;              /* the end of its pipe */
    size_t length;           /* bytes of a line that has no end yet */
    char line[LINE_BYTES + 1];
};

static bool process_refuse(const struct process *process, struct report *report, const char *why)
{
    const struct where where = { process->command[0], 0 };
    report_error(report, where, "cannot be run: %s", why);
    return false;
}

/* Becomes the command, with its output in the pipe. */
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

static bool running_start(struct running *running, struct process *process, struct report *report)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return process_refuse(process, report, strerror(errno));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        process_become(process, ends);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return process_refuse(process, report, strerror(errno));
    }
    running->process = process;
    running->child = child;
    running->output = ends[0];
    running->length = 0;
    return true;
}

/* Gives the first length bytes of the line buffer, and drops them and skip bytes more. */
static void line_give(struct running *running, size_t length, size_t skip)
{
    char *line = running->line;
    const char kept = line[length];
    line[length] = '\0';
    running->process->take(running->process->context, line);
    line[length] = kept;
    running->length -= length + skip;
    memmove(line, line + length + skip, running->length);
}

/* Takes what the pipe holds; false at its end. */
static bool running_read(struct running *running)
{
    const ssize_t count = read(running->output, running->line + running->length, LINE_BYTES - running->length);
    if (count < 0 && errno == EINTR)
        return true;
    if (count <= 0)
        return false;
    running->length += (size_t)count;
    const char *end;
    while ((end = memchr(running->line, '\n', running->length)) != NULL)
        line_give(running, (size_t)(end - running->line), 1);
    if (running->length == LINE_BYTES)
        line_give(running, LINE_BYTES, 0);
    return true;
}

static bool running_finish(struct running *running, struct report *report)
{
    struct process *process = running->process;
    int status = 0;
    if (running->length > 0)
        line_give(running, running->length, 0);
    close(running->output);
    while (waitpid(running->child, &status, 0) < 0 && errno == EINTR)
        continue;
    running->process = NULL;
    process->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    process->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return process->status != NOT_STARTED || process_refuse(process, report, "there is no such program");
}

/* Waits until a process says something or ends; free places are not looked at. */
static void running_wait(const struct running *running, int places, struct pollfd *polls)
{
    for (int i = 0; i < places; i++)
        polls[i] = (struct pollfd){ .fd = running[i].process != NULL ? running[i].output : -1, .events = POLLIN };
    while (poll(polls, (nfds_t)places, -1) < 0 && errno == EINTR)
        continue;
}

/* Fills free places with the processes that are left; how many are running. */
static int places_fill(struct running *running, int places, struct process **next, const struct process *end,
                       bool *good, struct report *report)
{
    int busy = 0;
    for (int i = 0; i < places; i++) {
        if (running[i].process == NULL && *next < end && *good)
            *good = running_start(&running[i], (*next)++, report);
        busy += running[i].process != NULL;
    }
    return busy;
}

bool process_run(struct process *processes, int count, int at_once, struct report *report)
{
    const int places = at_once < PROCESS_MOST ? at_once : PROCESS_MOST;
    struct running *running = calloc((size_t)places, sizeof *running);
    struct process *next = processes;
    bool good = running != NULL || process_refuse(processes, report, "out of memory");
    while (running != NULL && places_fill(running, places, &next, processes + count, &good, report) > 0) {
        struct pollfd polls[PROCESS_MOST];
        running_wait(running, places, polls);
        for (int i = 0; i < places; i++)
            if (polls[i].revents != 0 && !running_read(&running[i]))
                good = running_finish(&running[i], report) && good;
    }
    free(running);
    return good;
}

int process_processors(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > PROCESS_MOST ? PROCESS_MOST : (int)processors;
}
