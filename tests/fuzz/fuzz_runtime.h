/*
** For targets of the runtime: memory a run, and room for the sentence of a refusal.
*/
#ifndef FUZZ_RUNTIME_H
#define FUZZ_RUNTIME_H

#include "../../runtime/memory.h"
#include "fuzz.h"

struct fuzz_runtime {
    struct memory memory;
    struct fuzz_file file;
    char sentence[512];
    struct problem problem;
};

static inline void fuzz_runtime_open(struct fuzz_runtime *fuzz, const uint8_t *data, size_t size)
{
    memory_begin(&fuzz->memory, NULL);
    fuzz_file_make(&fuzz->file, data, size);
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
    fuzz_file_remove(&fuzz->file);
    memory_release(&fuzz->memory);
}

#endif
