/*
** See binding.h.
*/
#include "binding.h"

#include <stdarg.h>
#include <stdio.h>

#include "model.h"
#include "operation.h"

bool binding_fail(const struct binding *binding, const struct step *step, const char *format, ...)
{
    char place[512], sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    description_place(&binding->model->description, step, place, sizeof place);
    return problem_set(binding->problem, "%s: %s", place, sentence);
}

bool binding_in(const struct binding *binding, const struct step *step, int activation, struct binding_shape *shape)
{
    *shape = binding->shapes[activation];
    if (shape->width > 0)
        return true;
    return binding_fail(binding, step, "%.80s is read before a step has written it",
                        binding->model->description.activations[activation]);
}

bool binding_out(struct binding *binding, const struct step *step, struct binding_shape shape)
{
    struct activation_width *width = &binding->model->widths[step->out];
    int64_t *widest = shape.last ? &width->last : &width->full;
    if (shape.width < 1)
        return binding_fail(binding, step, "width is 0");
    binding->shapes[step->out] = shape;
    if (*widest < shape.width)
        *widest = shape.width;
    return true;
}

static bool shape_check(const struct binding *binding, const struct tensor *tensor, int rank, const int64_t *shape)
{
    bool same = tensor->rank == rank;
    for (int i = 0; i < rank && same; i++)
        same = tensor->shape[i] == shape[i];
    if (same)
        return true;
    char found[256], expected[256];
    tensor_shape_print(tensor->shape, tensor->rank, found, sizeof found);
    tensor_shape_print(shape, rank, expected, sizeof expected);
    return problem_set(binding->problem, "%s: %s is %s; expected %s", tensor->path, tensor->name, found, expected);
}

static void missing_report(const struct binding *binding, const struct step *step, const char *name)
{
    const struct description *description = &binding->model->description;
    char prefixes[256] = "";
    size_t length = 0;
    for (int i = 0; i < description->prefix_count && length < sizeof prefixes; i++)
        length += (size_t)snprintf(prefixes + length, sizeof prefixes - length, "%s\"%s\"", i == 0 ? "" : ", ",
                                   description->prefixes[i]);
    problem_set(binding->problem, "%s: no weight %s, which step %d (%s) needs; tried with the prefixes %s",
                binding->model->weights.folder, name, step->number, step->operation->name, prefixes);
}

bool binding_has_weight(const struct binding *binding, const char *name)
{
    const struct description *description = &binding->model->description;
    return weights_find(&binding->model->weights, name, description->prefixes, description->prefix_count) != NULL;
}

const float *binding_weight(const struct binding *binding, const struct step *step, const char *name,
                            int rank, const int64_t *shape)
{
    struct attn_model *model = binding->model;
    struct tensor *tensor = weights_find(&model->weights, name, model->description.prefixes,
                                         model->description.prefix_count);
    if (tensor == NULL) {
        missing_report(binding, step, name);
        return NULL;
    }
    if (!shape_check(binding, tensor, rank, shape))
        return NULL;
    return tensor_floats(tensor, &model->memory, binding->problem);
}
