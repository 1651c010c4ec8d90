/*
** Token files: numbers in lines, or an .npy array.
*/
#include "../../runtime/prompt.h"
#include "fuzz_runtime.h"

static void sequence_check(const struct prompt_sequence *sequence)
{
    for (int64_t i = 0; i < sequence->length; i++)
        FUZZ_CHECK(sequence->tokens[i] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_runtime fuzz;
    struct prompt prompt;
    fuzz_runtime_open(&fuzz, data, size);
    if (fuzz_runtime_result(&fuzz, prompt_read(&prompt, "input", &fuzz.memory, &fuzz.problem)))
        for (int i = 0; i < prompt.count; i++)
            sequence_check(&prompt.sequences[i]);
    fuzz_runtime_close(&fuzz);
    return 0;
}
