#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

enum { CHUNK_BYTES = 64 * 1024 };

static struct where file_where(const char *path)
{
    return (struct where){ .file = path };
}

static bool file_fail(struct report *report, const char *path, const char *what)
{
    report_error(report, file_where(path), "cannot be %s: %s", what, strerror(errno));
    return false;
}

/* Whether an open file is one that can be read whole. */
static bool file_acceptable(int descriptor, const char *path, size_t limit, struct report *report)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return file_fail(report, path, "read");
    if (S_ISDIR(status.st_mode)) {
        report_error(report, file_where(path), "is a directory; expected a file");
        return false;
    }
    if (S_ISREG(status.st_mode) && (unsigned long long)status.st_size > limit) {
        report_error(report, file_where(path), "has %lld bytes; at most %zu are read",
                     (long long)status.st_size, limit);
        return false;
    }
    return true;
}

/* Appends all that the descriptor still gives; a pipe has no size, so the limit is checked again. */
static bool file_drain(struct text *text, int descriptor, const char *path, size_t limit, struct report *report)
{
    char chunk[CHUNK_BYTES];
    for (;;) {
        ssize_t count = read(descriptor, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return file_fail(report, path, "read");
        if (count == 0)
            return true;
        if ((size_t)count > limit - text->length) {
            report_error(report, file_where(path), "has more than the %zu bytes that are read", limit);
            return false;
        }
        text_add(text, chunk, (size_t)count);
    }
}

char *file_read(const char *path, size_t limit, size_t *length, struct arena *arena, struct report *report)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        file_fail(report, path, "read");
        return NULL;
    }
    struct text text = text_start(arena);
    bool done = file_acceptable(descriptor, path, limit, report) && file_drain(&text, descriptor, path, limit, report);
    close(descriptor);
    if (!done)
        return NULL;
    *length = text.length;
    return text.data;
}

/* Whether the file holds exactly this text. */
static bool file_holds(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    char chunk[4096];
    size_t at = 0, count;
    bool same = true;
    while (same && (count = fread(chunk, 1, sizeof chunk, file)) > 0) {
        same = count <= length - at && memcmp(chunk, text + at, count) == 0;
        at += count;
    }
    same = same && at == length && !ferror(file);
    fclose(file);
    return same;
}

static bool file_put(int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = write(descriptor, text, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        text += count;
        length -= (size_t)count;
    }
    return true;
}

/* Writes beside the file and renames. */
static bool file_replace(const char *path, const char *text, size_t length, struct report *report)
{
    char beside[PATH_MAX];
    int needed = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (needed < 0 || (size_t)needed >= sizeof beside) {
        errno = ENAMETOOLONG;
        return file_fail(report, path, "written");
    }
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return file_fail(report, path, "written");
    bool done = file_put(descriptor, text, length);
    done = close(descriptor) == 0 && done;
    if (done && rename(beside, path) == 0)
        return true;
    int reason = errno;
    unlink(beside);
    errno = reason;
    return file_fail(report, path, "written");
}

bool file_write(const char *path, const char *text, size_t length, struct report *report, bool *changed)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {      /* neither read nor replaced: a terminal, a pipe */
        report_error(report, (struct where){ path, 0 }, "cannot be written: it is no file");
        return false;
    }
    bool same = file_holds(path, text, length);
    if (changed != NULL)
        *changed = !same;
    return same || file_replace(path, text, length, report);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The next name without a leading dot, or NULL. */
static const char *directory_next(DIR *open_directory)
{
    const struct dirent *entry = readdir(open_directory);
    while (entry != NULL && entry->d_name[0] == '.')
        entry = readdir(open_directory);
    return entry == NULL ? NULL : entry->d_name;
}

const char *const *file_list(const char *directory, struct arena *arena, struct report *report)
{
    DIR *open_directory = opendir(directory);
    if (open_directory == NULL) {
        file_fail(report, directory, "read");
        return NULL;
    }
    size_t count = 0, room = 32;
    const char **names = arena_alloc(arena, room, sizeof *names);
    for (const char *name; (name = directory_next(open_directory)) != NULL; ) {
        if (count + 1 == room) {
            const char **more = arena_alloc(arena, room * 2, sizeof *names);
            memcpy(more, names, count * sizeof *names);
            names = more;
            room *= 2;
        }
        names[count++] = arena_copy(arena, name, strlen(name));
    }
    closedir(open_directory);
    qsort(names, count, sizeof *names, name_compare);
    return names;
}

bool file_make_directory(const char *path, struct report *report)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return file_fail(report, path, "made");
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return file_fail(report, path, "made");
    }
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    errno = ENOTDIR;
    return file_fail(report, path, "made");
}

/* Paths -------------------------------------------------------------------------------------- */

const char *file_beside(const char *file, const char *path, struct arena *arena)
{
    const char *slash = strrchr(file, '/');
    if (path[0] == '/' || slash == NULL)
        return path;
    return arena_format(arena, "%.*s/%s", (int)(slash - file), file, path);
}

/* Folders below where we are are left step by step; from elsewhere the path is absolute. */
const char *file_from(const char *file, const char *path, struct arena *arena)
{
    char whole[PATH_MAX];
    if (path[0] == '/' || strchr(file, '/') == NULL)
        return path;
    if (file[0] == '/' || strstr(file, "./") != NULL || strstr(file, "//") != NULL)
        return realpath(path, whole) != NULL ? arena_copy(arena, whole, strlen(whole)) : path;
    for (const char *slash = strchr(file, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
        path = arena_format(arena, "../%s", path);
    return path;
}
