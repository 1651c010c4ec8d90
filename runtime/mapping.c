/*
** open, fstat, mmap.
*/
#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool descriptor_map(struct mapping *mapping, int descriptor, const char *path, struct problem *problem)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return problem_set(problem, "%s: cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return problem_set(problem, "%s: is not a file", path);
    if (status.st_size == 0)
        return true;
    const size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        return problem_set(problem, "%s: cannot be read: %s", path, strerror(errno));
    *mapping = (struct mapping){ bytes, size };
    return true;
}

bool mapping_open(struct mapping *mapping, const char *path, struct problem *problem)
{
    *mapping = (struct mapping){ NULL, 0 };
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);   /* a pipe must not hang */
    if (descriptor < 0)
        return problem_set(problem, "%s: cannot be read: %s", path, strerror(errno));
    const bool mapped = descriptor_map(mapping, descriptor, path, problem);
    close(descriptor);
    return mapped;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->bytes != NULL)
        munmap((void *)(uintptr_t)mapping->bytes, mapping->size);
    *mapping = (struct mapping){ NULL, 0 };
}
