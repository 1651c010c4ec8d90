/*
** attn_check: the harness of check.h over kernels in a shared object, for `attngen tune`, which has many of them to check.
**
**     attn_check MODEL FILE.so [options of check_main]
*/
#include <stdio.h>

#include "check.h"
#include "kernels.h"

int main(int argc, char **argv)
{
    char sentence[512] = "usage: attn_check MODEL FILE.so [options]";
    struct problem problem = { sentence, sizeof sentence };
    struct kernels kernels = { NULL, NULL };
    if (argc < 3 || !kernels_load(&kernels, argv[2], argv[1], &problem)) {
        fprintf(stderr, "attn_check: %s\n", sentence);
        return 2;
    }
    const int status = check_main(kernels.table, argc - 2, argv + 2);
    kernels_unload(&kernels);
    return status;
}
