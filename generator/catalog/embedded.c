#include <stdlib.h>
#include <string.h>

#include "embedded.h"

static int file_compare(const void *name, const void *file)
{
    return strcmp(name, ((const struct embedded_file *)file)->name);
}

const struct embedded_file *embedded_find(const char *name)
{
    return bsearch(name, embedded_files, (size_t)embedded_file_count, sizeof embedded_files[0], file_compare);
}

const struct embedded_file *embedded_under(const char *prefix, int *count)
{
    const struct embedded_file *file = embedded_files, *end = embedded_files + embedded_file_count;
    size_t length = strlen(prefix);
    while (file < end && strncmp(file->name, prefix, length) != 0)
        file++;
    const struct embedded_file *first = file;
    while (file < end && strncmp(file->name, prefix, length) == 0)
        file++;
    *count = (int)(file - first);
    return first;
}
