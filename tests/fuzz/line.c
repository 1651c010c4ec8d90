/*
** A definition's line, as the reference reads it; what it accepts, it can compute with.
*/
#include "../../runtime/reference.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[400] = "";
    char *text = fuzz_text(data, size);
    struct reference *reference = reference_create(text, error, sizeof error);
    FUZZ_CHECK((reference == NULL) == (error[0] != '\0'));
    reference_destroy(reference);
    free(text);
    return 0;
}
