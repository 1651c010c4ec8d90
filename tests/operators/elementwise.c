#include "elementwise.h"

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

/* axis .. rank - 1 are normalised, and the weights have their shape. */
static bool weight_fits(const struct case_tensor *x, const struct case_tensor *weight, int axis)
{
    const int first = axis < 0 ? axis + x->rank : axis;
    return first >= 0 && first < x->rank && weight->rank == x->rank - first && weight->count > 0
        && memcmp(x->dims + first, weight->dims, (size_t)weight->rank * sizeof *x->dims) == 0;
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
    *why = "the weights are not as large as the dimensions from axis on";
    if (x == NULL || weight == NULL || !weight_fits(x, weight, case_integer(given, "axis", -1))
        || (bias != NULL && bias->count != weight->count))
        return NULL;
    const struct norm norm = {
        .weight = as_floats(weight, arena), .bias = bias == NULL ? NULL : as_floats(bias, arena),
        .eps = (float)case_number(given, "epsilon", 1e-5), .width = weight->count
    };
    return apply_rows(kind, x, &norm, arena);
}

float *compute_rms(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_norm("rms", "scale", given, arena, why);
}

float *compute_layer(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_norm("layer", "Scale", given, arena, why);
}

/* layer(input + skip + bias), or rms */
static float *compute_skip(const char *kind, const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *input = case_input(given, "input"), *skip = case_input(given, "skip");
    const struct case_tensor *gamma = case_input(given, "gamma"), *beta = case_input(given, "beta");
    const struct case_tensor *bias = case_input(given, "bias");
    *why = "input, skip, gamma, beta and bias do not fit together";
    if (input == NULL || skip == NULL || gamma == NULL || skip->count != input->count || !weight_fits(input, gamma, -1)
        || (beta != NULL && beta->count != gamma->count) || (bias != NULL && bias->count != gamma->count))
        return NULL;
    const struct norm norm = {
        .weight = as_floats(gamma, arena), .bias = beta == NULL ? NULL : as_floats(beta, arena),
        .eps = (float)case_number(given, "epsilon", 1e-12), .width = gamma->count
    };
    struct case_tensor sum = *input;
    sum.values = arena_alloc(arena, (size_t)input->count, sizeof *sum.values);
    for (int64_t i = 0; i < input->count; i++)
        sum.values[i] = input->values[i] + skip->values[i] + (bias == NULL ? 0 : bias->values[i % bias->count]);
    return apply_rows(kind, &sum, &norm, arena);
}

float *compute_skip_layer(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_skip("layer", given, arena, why);
}

float *compute_skip_rms(const struct operator_case *given, struct arena *arena, const char **why)
{
    return compute_skip("rms", given, arena, why);
}

float *compute_gelu(const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *x = case_input(given, "X");
    const struct case_attribute *approximate = case_attribute(given, "approximate");
    const char *kind = approximate == NULL ? "none" : approximate->texts[0];
    const bool by_tanh = strcmp(kind, "tanh") == 0;
    *why = x == NULL ? "there is no input X" : "approximate is neither none nor tanh";
    if (x == NULL || (!by_tanh && strcmp(kind, "none") != 0))
        return NULL;
    float *values = as_floats(x, arena);
    activation_find(by_tanh ? "gelu_tanh" : "gelu")->apply(values, x->count);
    return values;
}

/* gelu_tanh(X + bias) */
float *compute_fast_gelu(const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *x = case_input(given, "X"), *bias = case_input(given, "bias");
    *why = "bias is not as long as a row of X";
    if (x == NULL || x->rank < 1 || (bias != NULL && (bias->count < 1 || bias->count != x->dims[x->rank - 1])))
        return NULL;
    float *values = as_floats(x, arena);
    for (int64_t i = 0; i < x->count && bias != NULL; i++)
        values[i] += (float)bias->values[i % bias->count];
    activation_find("gelu_tanh")->apply(values, x->count);
    return values;
}

/* x = a / (1 + e^(-alpha a)), which is silu(alpha a) / alpha; alpha is not 0. */
static float *swish(const struct case_tensor *a, float alpha, struct arena *arena)
{
    float *values = as_floats(a, arena);
    for (int64_t i = 0; i < a->count; i++)
        values[i] *= alpha;
    activation_find("silu")->apply(values, a->count);
    for (int64_t i = 0; i < a->count; i++)
        values[i] /= alpha;
    return values;
}

float *compute_swish(const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *x = case_input(given, "X");
    const float alpha = (float)case_number(given, "alpha", 1);
    *why = "there is no X, or alpha is 0";
    return x == NULL || alpha == 0 ? NULL : swish(x, alpha, arena);
}

/* swish(A) * B */
float *compute_swiglu(const struct operator_case *given, struct arena *arena, const char **why)
{
    const struct case_tensor *a = case_input(given, "A"), *b = case_input(given, "B");
    const float alpha = (float)case_number(given, "alpha", 1);
    *why = "A and B differ in size, or alpha is 0";
    if (a == NULL || b == NULL || a->count != b->count || alpha == 0)
        return NULL;
    float *values = swish(a, alpha, arena);
    for (int64_t i = 0; i < a->count; i++)
        values[i] *= (float)b->values[i];
    return values;
}
