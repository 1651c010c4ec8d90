/*
** A model description: the steps that the runtime is to walk.
*/
#include "../../runtime/description.h"
#include "fuzz_runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_runtime fuzz;
    struct description description = { 0 };
    fuzz_runtime_open(&fuzz, data, size);
    if (fuzz_runtime_result(&fuzz, description_read(&description, "input", &fuzz.memory, &fuzz.problem)))
        for (int i = 0; i < description.stack.step_count; i++)
            description_place(&description, &description.stack.steps[i], fuzz.sentence, sizeof fuzz.sentence);
    fuzz_runtime_close(&fuzz);
    return 0;
}
