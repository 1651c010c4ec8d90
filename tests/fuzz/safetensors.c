/*
** A safetensors file: its header, and the elements of every tensor that it promises.
*/
#include "../../runtime/safetensors.h"
#include "fuzz_runtime.h"

/* Reads the tensor to its end; a type that no weight has is refused. */
static void tensor_touch(struct tensor *tensor, struct fuzz_runtime *fuzz)
{
    const float *floats = tensor_floats(tensor, &fuzz->memory, &fuzz->problem);
    volatile float last = floats != NULL && tensor->count > 0 ? floats[tensor->count - 1] : 0.0f;
    (void)last;
}

static void tensors_touch(const struct safetensors *file, struct fuzz_runtime *fuzz)
{
    for (int i = 0; i < file->count; i++) {
        FUZZ_CHECK(safetensors_find(file, file->tensors[i].name) == &file->tensors[i]);
        tensor_touch(&file->tensors[i], fuzz);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_runtime fuzz;
    struct safetensors file = { 0 };
    fuzz_runtime_open(&fuzz, data, size);
    if (fuzz_runtime_result(&fuzz, safetensors_open(&file, "input", &fuzz.memory, &fuzz.problem)))
        tensors_touch(&file, &fuzz);
    safetensors_close(&file);
    fuzz_runtime_close(&fuzz);
    return 0;
}
