/*
** Shared objects of kernels: what is loaded, and what is refused.
*/
#include "../../runtime/kernels.h"
#include "../test.h"
#include "scratch.h"

static struct scratch scratch;

/* The sentence that an object of this source is refused with, from behind its folder on; "" when it is loaded. */
static const char *loaded(const char *source)
{
    static char text[1024], command[2048];
    struct problem problem = { text, sizeof text };
    struct kernels kernels = { NULL, NULL };
    char object[512];
    snprintf(object, sizeof object, "%s/model.so", scratch.folder);
    snprintf(command, sizeof command, "${CC:-clang} -shared -fPIC -o %s -x c %s", object, scratch_write_text(&scratch, "c", source));
    if (system(command) != 0)
        return "does not compile";
    text[0] = '\0';
    kernels_load(&kernels, object, "model", &problem);
    kernels_unload(&kernels);
    return text[0] == '\0' ? text : text + strlen(scratch.folder) + 1;
}

static void objects_of_this_contract_are_loaded(void)
{
    char source[128];
    snprintf(source, sizeof source, "const int model_kernels[32] = { %d };", ATTN_CONTRACT);
    CHECK_TEXT(loaded(source), "");
}

static void others_are_refused(void)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence, "model.so: the kernels were emitted for version 1 of the contract; "
             "expected version %d (emit them anew)", ATTN_CONTRACT);
    CHECK_TEXT(loaded("const int model_kernels[32] = { 1 };"), sentence);
    CHECK_TEXT(loaded("const int other_kernels[32] = { 1 };"),
               "model.so: no symbol model_kernels; were the kernels emitted for another model?");
}

int main(void)
{
    scratch_open(&scratch);
    RUN(objects_of_this_contract_are_loaded);
    RUN(others_are_refused);
    scratch_write_text(&scratch, "model.so", "");
    scratch_close(&scratch);
    return test_end();
}
