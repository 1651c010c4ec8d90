/*
** operator_cases FOLDER...: computes operator conformance cases and compares the output Y. A line a case:
**     pass NAME | fail NAME: the error | skip NAME: why it is not computed
*/
#include <math.h>
#include <stdio.h>

#include "case.h"
#include "elementwise.h"

/* Where a case has no tolerance of its own: that of the ONNX project's test runner. */
static const struct case_tolerance usual_tolerance = { .role = "", .absolute = 1e-7, .relative = 1e-3 };

static bool is_near(double found, double expected, const struct case_tolerance *tolerance)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(found) : found == expected;
    return fabs(found - expected) <= tolerance->absolute + tolerance->relative * fabs(expected);
}

static bool compare(const struct operator_case *given, const struct case_tensor *y, const float *found)
{
    const struct case_tolerance *own = case_tolerance(given, y->role);
    for (int64_t i = 0; i < y->count; i++)
        if (!is_near((double)found[i], y->values[i], own == NULL ? &usual_tolerance : own)) {
            printf("fail %s: Y[%lld] is %g, expected %g\n", given->name, (long long)i, (double)found[i], y->values[i]);
            return false;
        }
    printf("pass %s\n", given->name);
    return true;
}

static bool run_case(const struct operator_case *given, struct arena *arena)
{
    elementwise_function *compute = elementwise_find(given->operator_name);
    const struct case_tensor *x = case_input(given, "X"), *y = case_output(given, "Y");
    const char *why = "the output Y is not as large as the input X";
    float *found = NULL;
    if (compute == NULL)
        why = arena_format(arena, "the operator %s is not computed here", given->operator_name);
    else if (x != NULL && y != NULL && x->count == y->count)
        found = compute(given, arena, &why);
    if (found != NULL)
        return compare(given, y, found);
    printf("skip %s: %s\n", given->name, why);
    return true;
}

static bool run_folder(const char *folder)
{
    struct arena *arena = arena_create();
    struct report report = { .out = stdout };
    const struct operator_case *given = case_read(folder, arena, &report);
    const bool passed = given != NULL && run_case(given, arena);
    if (given == NULL)
        printf("fail %s: the case cannot be read\n", folder);
    arena_destroy(arena);
    return passed;
}

int main(int count, char **arguments)
{
    bool passed = true;
    if (count < 2)
        printf("skip operator_cases: no folders of cases were given\n");
    for (int i = 1; i < count; i++)
        passed = run_folder(arguments[i]) && passed;
    return passed ? 0 : 1;
}
