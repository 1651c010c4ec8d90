#include "bench_phase.h"

#include <string.h>

static const char *const names[BENCH_PHASES] = { "write", "prefill", "append", "decode" };

const char *bench_phase_name(enum bench_phase phase)
{
    return names[phase];
}

bool bench_phase_find(enum bench_phase *phase, const char *name)
{
    for (int i = 0; i < BENCH_PHASES; i++)
        if (strcmp(names[i], name) == 0) {
            *phase = (enum bench_phase)i;
            return true;
        }
    return false;
}
