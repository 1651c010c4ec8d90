#include <string.h>

#include "definition_parts.h"

static const char *const fields_of[NORMS] = { [NORM_Q] = "q_norm", [NORM_K] = "k_norm" };

const char *definition_norm_field(enum definition_norm which)
{
    return fields_of[which];
}

/* What the word was given for a parameter that not every norm has; NULL where this one has it not. */
static const struct argument *norm_argument(const struct norm *norm, const char *parameter)
{
    for (int i = 0; i < norm->word->parameter_count; i++)
        if (strcmp(norm->word->parameters[i].name, parameter) == 0)
            return &norm->arguments[i];
    return NULL;
}

static void norm_fill(struct norm *norm)
{
    static const char *const weights[] = { [NORM_UNWEIGHTED] = "none", [NORM_SHARED] = "shared", [NORM_PER_HEAD] = "per_head" };
    const struct argument *weighted = norm_argument(norm, "weights"), *offset = norm_argument(norm, "offset");
    const struct argument *bias = norm_argument(norm, "bias"), *when = norm_argument(norm, "when");
    norm->used = norm->word->normed[0] != '\0';
    norm->offset = offset == NULL ? 0 : offset->number;
    norm->biased = bias != NULL && bias->number != 0;
    norm->after = when != NULL && strcmp(when->choice, "after") == 0;
    norm->weights = NORM_UNWEIGHTED;
    while (weighted != NULL && strcmp(weighted->choice, weights[norm->weights]) != 0)
        norm->weights++;
}

/* What would change nothing is refused. */
static bool norm_check(const struct norm *norm, const struct definition *definition, const struct fields *fields)
{
    if (norm->weights == NORM_UNWEIGHTED && norm->offset != 0)
        return fields_refuse(fields, "offset", "nothing, as there are no weights that it could be added to");
    if (norm->weights == NORM_UNWEIGHTED && norm->biased)
        return fields_refuse(fields, "bias", "false, as there are no weights");
    if (norm->after && definition->rotation.dims == 0)
        return fields_refuse(fields, "when", "before, as nothing is rotated");
    return true;
}

bool definition_read_norm(struct definition *definition, enum definition_norm which, const struct fields *fields,
                          const struct definition_reader *reader)
{
    struct norm *norm = &definition->norm[which];
    const char *field = fields_of[which];
    const struct value *value = value_field(fields->table, field);
    norm->word = definition_read_word(fields, field, CATALOG_NORM, "none", reader->catalog);
    if (norm->word == NULL || !definition_read_arguments(norm->arguments, norm->word, field, value, definition, reader))
        return false;
    norm_fill(norm);
    const struct fields own = { value, arena_format(reader->arena, "%s%s.", reader->path, field), reader->arena, reader->report };
    return !norm->used || norm_check(norm, definition, &own);
}
