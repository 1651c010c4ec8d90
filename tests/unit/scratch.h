/*
** A folder for files that a test makes, and safetensors files to put there.
*/
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRATCH_FILES = 32 };

struct scratch {
    char folder[256];
    char paths[SCRATCH_FILES][512];
    int count;
};

static inline void scratch_open(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    scratch->count = 0;
    snprintf(scratch->folder, sizeof scratch->folder, "%s/attngen.XXXXXX", parent == NULL ? "/tmp" : parent);
    if (mkdtemp(scratch->folder) == NULL) {
        perror(scratch->folder);
        exit(1);
    }
}

/* The file's path. */
static inline const char *scratch_write(struct scratch *scratch, const char *name, const void *bytes, size_t size)
{
    char *path = scratch->paths[scratch->count++];
    snprintf(path, sizeof scratch->paths[0], "%s/%s", scratch->folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    return path;
}

static inline const char *scratch_write_text(struct scratch *scratch, const char *name, const char *text)
{
    return scratch_write(scratch, name, text, strlen(text));
}

/* A safetensors file of this header and data. */
static inline const char *scratch_write_tensors(struct scratch *scratch, const char *name, const char *header,
                                                const void *data, size_t size)
{
    static unsigned char bytes[1 << 20];
    const uint64_t length = strlen(header);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    if (size > 0)
        memcpy(bytes + 8 + length, data, size);
    return scratch_write(scratch, name, bytes, 8 + length + size);
}

static inline void scratch_close(struct scratch *scratch)
{
    for (int i = 0; i < scratch->count; i++)
        unlink(scratch->paths[i]);
    rmdir(scratch->folder);
}

#endif
