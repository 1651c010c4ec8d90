#include "nearness.h"

#include <math.h>
#include <string.h>

/*
** Where a case has no tolerance of its own: that of the ONNX project's test runner, and those of ONNX Runtime's,
** whose half-precision cases were printed on GPUs.
*/
static const struct { const char *domain, *type; struct case_tolerance tolerance; } usual[] = {
    { "com.microsoft", "f16", { .absolute = 5e-3 } },
    { "com.microsoft", "",    { .absolute = 1e-3 } },
    { "",              "",    { .absolute = 1e-7, .relative = 1e-3 } },
};

/* An empty word stands for any. */
static bool word_fits(const char *word, const char *found)
{
    return *word == '\0' || (found != NULL && strcmp(word, found) == 0);
}

const struct case_tolerance *nearness_tolerance(const struct operator_case *given, const struct case_tensor *output)
{
    const struct case_tolerance *own = case_tolerance(given, output->role);
    size_t i = 0;
    while (!word_fits(usual[i].domain, given->domain) || !word_fits(usual[i].type, output->type))
        i++;
    return own != NULL ? own : &usual[i].tolerance;
}

bool nearness_holds(double found, double expected, const struct case_tolerance *tolerance)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(found) : found == expected;
    return fabs(found - expected) <= tolerance->absolute + tolerance->relative * fabs(expected);
}
