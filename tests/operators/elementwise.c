#include "elementwise.h"

#include <stdlib.h>
#include <string.h>

#include "../../runtime/activation.h"
#include "../../runtime/norm.h"

static float *as_floats(const struct case_tensor *tensor, struct arena *arena)
{
    float *floats = arena_alloc(arena, (size_t)tensor->count, sizeof *floats);
    for (int64_t i = 0; i < tensor->count; i++)
        floats[i] = (float)tensor->values[i];
    return floats;
}

/* The weights have the shape of the dimensions that are normalised: the last ones of x. */
static bool shape_ends_with(const struct case_tensor *x, const struct case_tensor *weight)
{
    const int before = x->rank - weight->rank;
    return before >= 0 && weight->count > 0
        && memcmp(x->dims + before, weight->dims, (size_t)weight->rank * sizeof *x->dims) == 0;
}

static float *apply_rows(const char *kind, const struct case_tensor *x, const struct norm *norm, struct arena *arena)
{
    float *rows = as_floats(x, arena);
    for (int64_t at = 0; at < x->count; at += norm->width)
        norm_find(kind)->apply(norm, rows + at, rows + at);
    return rows;
}

static float *compute_norm(const char *kind, const char *weight_role, const struct operator_case *given,
                           struct arena *arena, const char **why)
{
    const struct case_tensor *x = case_input(given, "X"), *weight = case_input(given, weight_role);
    const struct case_tensor *bias = case_input(given, "B");
    const struct case_attribute *epsilon = case_attribute(given, "epsilon");
    *why = "the weights are not as large as the normalised dimensions";
    if (x == NULL || weight == NULL || !shape_ends_with(x, weight) || (bias != NULL && bias->count != weight->count))
        return NULL;
    const struct norm norm = {
        .weight = as_floats(weight, arena), .bias = bias == NULL ? NULL : as_floats(bias, arena),
        .eps = epsilon == NULL ? 1e-5f : strtof(epsilon->value, NULL), .width = weight->count
    };
    return apply_rows(kind, x, &norm, arena);
}

static float *compute_rms(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_norm("rms", "scale", given, arena, why);
}

static float *compute_layer(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_norm("layer", "Scale", given, arena, why);
}

static float *compute_gelu(const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *x = case_input(given, "X");
    const struct case_attribute *approximate = case_attribute(given, "approximate");
    const char *kind = approximate == NULL ? "none" : approximate->value;
    const bool by_tanh = strcmp(kind, "tanh") == 0;
    *why = x == NULL ? "there is no input X" : "approximate is neither none nor tanh";
    if (x == NULL || (!by_tanh && strcmp(kind, "none") != 0))
        return NULL;
    float *values = as_floats(x, arena);
    activation_find(by_tanh ? "gelu_tanh" : "gelu")->apply(values, x->count);
    return values;
}

static const struct {
    const char *name;
    elementwise_function *compute;
} operators[] = {
    { "RMSNormalization", compute_rms }, { "LayerNormalization", compute_layer }, { "Gelu", compute_gelu },
};

elementwise_function *elementwise_find(const char *operator_name)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strcmp(operators[i].name, operator_name) == 0)
            return operators[i].compute;
    return NULL;
}
