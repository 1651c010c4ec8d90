/*
** What every libFuzzer target shares. A target calls the parser as the program does, on
** bytes that may be anything; the sanitizers watch, and FUZZ_CHECK says what must hold besides.
*/
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which makes libFuzzer keep the input. */
#define FUZZ_CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* A copy in a block of its own, so that reading behind it is seen. The caller frees it. */
static inline void *fuzz_copy(const uint8_t *data, size_t size)
{
    void *copy = malloc(size);
    FUZZ_CHECK(copy != NULL || size == 0);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* The same, ended by a zero. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* A file of those bytes, for the generator, which reads paths; its name ends in .json, as families expect. */
struct fuzz_file { char path[512]; };

static inline void fuzz_file_make(struct fuzz_file *file, const uint8_t *data, size_t size)
{
    static const char ending[] = ".json";
    const char *folder = getenv("TMPDIR");
    snprintf(file->path, sizeof file->path, "%s/fuzz_XXXXXX%s", folder == NULL ? "/tmp" : folder, ending);
    const int descriptor = mkstemps(file->path, (int)strlen(ending));
    FUZZ_CHECK(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    close(descriptor);
}

static inline void fuzz_file_remove(const struct fuzz_file *file)
{
    unlink(file->path);
}

#endif
