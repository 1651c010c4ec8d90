#include <string.h>

#include "../catalog/argument.h"
#include "definition_parts.h"

enum { FREQUENCY_MOST = 16 };      /* radians a position */

/* Formulas see parameters by their names, those of words within the word too. */
static void values_add(struct template_values *values, const struct descriptor *descriptor,
                       const struct argument *arguments)
{
    for (int i = 0; i < descriptor->parameter_count; i++) {
        const struct parameter *parameter = &descriptor->parameters[i];
        argument_set(values, parameter->name, parameter, &arguments[i]);
        if (parameter->type == PARAMETER_WORD)
            values_add(values, arguments[i].word, arguments[i].arguments);
    }
}

/* What stands for the position's scaling; NULL where it has none, and nothing turns. */
static const struct argument *position_scaling(const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    for (int i = 0; i < position->parameter_count; i++)
        if (position->parameters[i].type == PARAMETER_WORD && position->parameters[i].kind == CATALOG_SCALING)
            return &definition->position_argument[i];
    return NULL;
}

static int position_dims(const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    for (int i = 0; i < position->parameter_count; i++)
        if (strcmp(position->parameters[i].name, "dims") == 0)
            return (int)definition->position_argument[i].number;
    return definition->d_k / 2 * 2;
}

/* The scaling says itself which parameters do not go together. */
static bool scaling_accepts(const struct descriptor *scaling, const struct template_values *values, struct where where,
                            const struct definition_reader *reader)
{
    const char *sentence;
    if (!formula_sentence(&scaling->refuses, values, &sentence, reader->arena, reader->report))
        return false;
    if (sentence != NULL)
        report_error(reader->report, where, "%sposition: %s is refused: %s", reader->path, scaling->name, sentence);
    return sentence == NULL;
}

static bool rotation_compute(struct rotation *rotation, const struct descriptor *scaling,
                             const struct template_values *values, const struct definition_reader *reader)
{
    const int pairs = rotation->dims / 2;
    double *frequencies = arena_alloc(reader->arena, (size_t)pairs, sizeof *frequencies);
    rotation->frequencies = (struct numbers){ frequencies, pairs };
    return formula_numbers(&scaling->frequency, values, frequencies, pairs, reader->arena, reader->report)
        && formula_numbers(&scaling->magnitude, values, &rotation->magnitude, 1, reader->arena, reader->report);
}

/* Positions stay below 2^24 and the emitted sine and cosine are exact to 2^28. */
static bool rotation_is_exact(const struct rotation *rotation, struct where where, const struct definition_reader *reader)
{
    for (int i = 0; i < rotation->frequencies.count; i++)
        if (rotation->frequencies.list[i] > FREQUENCY_MOST) {
            report_error(reader->report, where, "%sposition: pair %d turns by %g radians a position; expected at most %d, "
                         "beyond which cosines of late positions are not exact", reader->path, i,
                         rotation->frequencies.list[i], FREQUENCY_MOST);
            return false;
        }
    return true;
}

bool definition_read_rotation(struct definition *definition, const struct value *value,
                              const struct definition_reader *reader)
{
    const struct argument *scaling = position_scaling(definition);
    struct template_values values = { 0 };
    definition->rotation = (struct rotation){ 0 };
    if (scaling == NULL)
        return true;
    const struct value *given = value == NULL ? NULL : value_field(value, "scaling");
    const struct where where = given == NULL ? definition->where : given->where;
    definition->rotation.dims = position_dims(definition);
    values_add(&values, definition->position, definition->position_argument);
    return scaling_accepts(scaling->word, &values, where, reader)
        && rotation_compute(&definition->rotation, scaling->word, &values, reader)
        && rotation_is_exact(&definition->rotation, where, reader);
}
