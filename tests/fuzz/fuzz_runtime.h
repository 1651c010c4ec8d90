/*
** For targets of the runtime, each of which includes it once: memory a run, room for the
** sentence of a refusal, and the input in the place of a mapped file.
*/
#ifndef FUZZ_RUNTIME_H
#define FUZZ_RUNTIME_H

#include "../../runtime/mapping.h"
#include "../../runtime/memory.h"
#include "fuzz.h"

struct fuzz_runtime {
    struct memory memory;
    char sentence[512];
    struct problem problem;
};

static struct mapping fuzz_input;      /* of the run */

/* These two take the place of runtime/mapping.c: a block of just the input's size, so that reading behind it is seen. */
bool mapping_open(struct mapping *mapping, const char *path, struct problem *problem)
{
    (void)path, (void)problem;
    *mapping = (struct mapping){ NULL, 0 };
    if (fuzz_input.size > 0)
        *mapping = (struct mapping){ fuzz_copy(fuzz_input.bytes, fuzz_input.size), fuzz_input.size };
    return true;
}

void mapping_close(struct mapping *mapping)
{
    free((void *)(uintptr_t)mapping->bytes);
    *mapping = (struct mapping){ NULL, 0 };
}

static inline void fuzz_runtime_open(struct fuzz_runtime *fuzz, const uint8_t *data, size_t size)
{
    memory_begin(&fuzz->memory, NULL);
    fuzz_input = (struct mapping){ data, size };
    fuzz->sentence[0] = '\0';
    fuzz->problem = (struct problem){ fuzz->sentence, sizeof fuzz->sentence };
}

/* read: whether the parser accepted the input. A refusal gives its reason, and only a refusal. */
static inline bool fuzz_runtime_result(const struct fuzz_runtime *fuzz, bool read)
{
    FUZZ_CHECK(read == (fuzz->sentence[0] == '\0'));
    return read;
}

static inline void fuzz_runtime_close(struct fuzz_runtime *fuzz)
{
    memory_release(&fuzz->memory);
}

#endif
