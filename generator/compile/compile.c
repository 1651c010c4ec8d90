#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/process.h"
#include "../base/text.h"

/* The distinct C files of a job. */
struct sources {
    const char **paths;
    int count;
};

/* Places ------------------------------------------------------------------------------------- */

/* Cuts the last part of a path off; false when there is none. */
static bool path_rise(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* The program is build/attngen, a test build/tests/...: the root is the first folder above that has the contract. */
const char *compile_root(struct arena *arena, struct report *report)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    while (path_rise(path))
        if (access(arena_format(arena, "%s/templates/contract.h", path), R_OK) == 0)
            return arena_copy(arena, path, strlen(path));
    report_error(report, (struct where){ NULL, 0 }, "attngen does not lie in the folder that it was built in; "
                 "checks, timings and runs need its runtime/");
    return NULL;
}

const char *compile_directory(const char *root, const char *name, struct arena *arena, struct report *report)
{
    const char *directory = arena_format(arena, "%s/build/kernels/%s", root, name);
    return file_make_directory(directory, report) ? directory : NULL;
}

/* The ninja file ----------------------------------------------------------------------------- */

static void put_escaped(struct text *text, const char *path)
{
    for (; *path != '\0'; path++) {
        if (strchr("$ :", *path) != NULL)
            text_put(text, "$");
        text_add(text, path, 1);
    }
}

/* Dollars are all that matters in the value of a variable. */
static void put_variable(struct text *text, const char *name, const char *value)
{
    text_format(text, "%s = ", name);
    for (; *value != '\0'; value++)
        text_add(text, *value == '$' ? "$$" : value, *value == '$' ? 2 : 1);
    text_put(text, "\n");
}

static int source_find(const struct sources *sources, const char *path)
{
    for (int i = 0; i < sources->count; i++)
        if (strcmp(sources->paths[i], path) == 0)
            return i;
    return -1;
}

static struct sources sources_collect(const struct compile_job *job, struct arena *arena)
{
    size_t most = 0;
    for (int i = 0; i < job->product_count; i++)
        for (const char *const *path = job->products[i].sources; *path != NULL; path++)
            most++;
    struct sources sources = { arena_alloc(arena, most + 1, sizeof *sources.paths), 0 };
    for (int i = 0; i < job->product_count; i++)
        for (const char *const *path = job->products[i].sources; *path != NULL; path++)
            if (source_find(&sources, *path) < 0)
                sources.paths[sources.count++] = *path;
    return sources;
}

/* The number keeps files of the same name in different folders apart. */
static void put_object(struct text *text, const struct compile_job *job, const struct sources *sources,
                       const char *path)
{
    const char *slash = strrchr(path, '/');
    text_format(text, "%s/%d_", job->name, source_find(sources, path));
    put_escaped(text, slash != NULL ? slash + 1 : path);
    text_put(text, ".o");
}

const char *compile_compiler(void)
{
    const char *cc = getenv("CC");
    return cc != NULL && *cc != '\0' ? cc : "clang";
}

static void put_rules(struct text *text, const struct compile_job *job)
{
    text_put(text, "ninja_required_version = 1.7\n");
    put_variable(text, "builddir", job->name);
    put_variable(text, "cc", compile_compiler());
    put_variable(text, "flags", job->flags);
    put_variable(text, "libraries", job->libraries);
    text_put(text,
             "\nrule cc\n  command = $cc $flags -MMD -MF $out.d -c $in -o $out\n  depfile = $out.d\n  deps = gcc\n"
             "\nrule link\n  command = $cc $shared $in -o $out $libraries\n"
             "\nrule ar\n  command = rm -f $out && ar rcs $out $in\n\n");
}

static void put_product(struct text *text, const struct compile_job *job, const struct sources *sources,
                        const struct compile_product *product)
{
    text_put(text, "build ");
    put_escaped(text, product->name);
    text_put(text, product->kind == COMPILE_ARCHIVE ? ": ar" : ": link");
    for (const char *const *path = product->sources; *path != NULL; path++) {
        text_put(text, " ");
        put_object(text, job, sources, *path);
    }
    if (product->archive != NULL) {
        text_put(text, " ");
        put_escaped(text, product->archive);
    }
    text_put(text, product->kind == COMPILE_SHARED ? "\n  shared = -shared\n" : "\n");
}

static bool build_write(const struct compile_job *job, const char *path, struct arena *arena, struct report *report)
{
    struct text text = text_start(arena);
    const struct sources sources = sources_collect(job, arena);
    put_rules(&text, job);
    for (int i = 0; i < sources.count; i++) {
        text_put(&text, "build ");
        put_object(&text, job, &sources, sources.paths[i]);
        text_put(&text, ": cc ");
        put_escaped(&text, sources.paths[i]);
        text_put(&text, "\n");
    }
    for (int i = 0; i < job->product_count; i++)
        put_product(&text, job, &sources, &job->products[i]);
    return file_write(path, text.data, text.length, report, NULL);
}

/* Running ninja ------------------------------------------------------------------------------ */

/* What ninja says: progress, "[3/7] ...", is shown and forgotten; errors and the compiler's words are kept. */
struct messages {
    struct text text;
    bool on_terminal;
};

/* "ninja: Entering directory ..." and the like. */
static bool is_remark(const char *line)
{
    return strncmp(line, "ninja: ", 7) == 0 && strncmp(line, "ninja: error", 12) != 0;
}

static void message_take(void *context, const char *line)
{
    struct messages *messages = context;
    if (line[0] != '[' && !is_remark(line))
        text_format(&messages->text, "%s\n", line);
    if (line[0] == '[' && messages->on_terminal)
        fprintf(stderr, "\rcompiling %.*s\033[K", (int)strcspn(line, " "), line);
}

/* Two ninjas in one folder would undo each other's work: the second waits. -1 after a report. */
static int directory_lock(const char *path, struct report *report)
{
    const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock >= 0 && flock(lock, LOCK_EX) == 0)
        return lock;
    report_error(report, (struct where){ path, 0 }, "cannot be locked: %s", strerror(errno));
    if (lock >= 0)
        close(lock);
    return -1;
}

static bool ninja_run(const struct compile_job *job, const char *path, struct arena *arena, struct report *report)
{
    struct messages messages = { text_start(arena), isatty(STDERR_FILENO) != 0 };
    const char *jobs = arena_format(arena, "-j%d", process_processors());
    const char *const command[] = { "ninja", "-C", job->directory, "-f", strrchr(path, '/') + 1, jobs, NULL };
    struct process process = { .command = command, .output = PROCESS_ALL, .take = message_take, .context = &messages };
    const bool ran = process_run(&process, 1, 1, report);
    if (messages.on_terminal)
        fputs("\r\033[K", stderr);
    if (!ran || (process.status == 0 && process.signal == 0))
        return ran;
    fputs(messages.text.data, report->out);
    report_error(report, (struct where){ path, 0 }, "cannot be built with this compiler; its messages stand above");
    return false;
}

bool compile_run(const struct compile_job *job, struct arena *arena, struct report *report)
{
    const char *path = arena_format(arena, "%s/%s.ninja", job->directory, job->name);
    const int lock = directory_lock(arena_format(arena, "%s/lock", job->directory), report);
    if (lock < 0)
        return false;
    const bool made = build_write(job, path, arena, report) && ninja_run(job, path, arena, report);
    close(lock);
    return made;
}
