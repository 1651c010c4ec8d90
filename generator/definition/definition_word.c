#include <string.h>

#include "../base/text.h"
#include "definition_parts.h"

/* One parameter of one word, as it is read. */
struct parameter_reader {
    const struct parameter *parameter;
    struct fields fields;
    const struct value *value;        /* NULL: the default holds */
    struct field_limits limits;
    const char *field;                /* of the word that has the parameter: "position" */
    const struct definition *definition;
    const struct definition_reader *reader;
};

/* The field of the definition that a default names. */
static double definition_number(const struct definition *definition, const char *field)
{
    const struct { const char *name; int number; } numbers[] = {
        { "d_k", definition->mla.form == MLA_NONE ? definition->d_k : definition->mla.rope }, { "d_v", definition->d_v }, { "heads", definition->heads },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(numbers[i].name, field) == 0)
            return numbers[i].number;
    return 0;
}

static bool choice_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct parameter *parameter = reader->parameter;
    const struct value *value = reader->value;
    struct text expected = text_start(reader->fields.arena);
    argument->choice = parameter->default_choice;
    if (value == NULL && !parameter->required)
        return true;
    for (int i = 0; parameter->choices[i] != NULL; i++) {
        const char *choice = parameter->choices[i];
        if (value != NULL && value->kind == VALUE_WORD && strcmp(value->word, choice) == 0
            && value->item_count == 0 && value->field_count == 0) {
            argument->choice = choice;
            return true;
        }
        text_format(&expected, "%s%s", i == 0 ? "" : parameter->choices[i + 1] == NULL ? " or " : ", ", choice);
    }
    return fields_refuse(&reader->fields, parameter->name, "%s", expected.data);
}

/* Also of a default that comes from another field: d_k may be odd. */
static bool multiple_check(const struct argument *argument, const struct parameter_reader *reader)
{
    const struct parameter *parameter = reader->parameter;
    int64_t number = (int64_t)argument->number;
    if (number % parameter->multiple == 0 && argument->number >= reader->limits.min)
        return true;
    const char *expected = arena_format(reader->fields.arena, "a multiple of %lld from %.10g to %.10g",
                                        (long long)parameter->multiple, reader->limits.min, reader->limits.max);
    if (reader->value != NULL)
        return fields_refuse(&reader->fields, parameter->name, "%s", expected);
    report_error(reader->fields.report, reader->fields.table->where, "%s%s is %lld, as %s; expected %s",
                 reader->fields.path, parameter->name, (long long)number, parameter->default_field, expected);
    return false;
}

static bool integer_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct parameter *parameter = reader->parameter;
    int64_t number = (int64_t)argument->number;
    if (!fields_integer(&reader->fields, parameter->name, parameter->required, reader->limits, &number))
        return false;
    argument->number = (double)number;
    return parameter->multiple == 1 || multiple_check(argument, reader);
}

static bool number_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct parameter *parameter = reader->parameter;
    return fields_number(&reader->fields, parameter->name, parameter->required, reader->limits, &argument->number);
}

static bool boolean_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct value *value = reader->value;
    if (value == NULL && !reader->parameter->required)
        return true;
    if (value == NULL || value->kind != VALUE_BOOLEAN)
        return fields_refuse(&reader->fields, reader->parameter->name, "true or false");
    argument->number = value->boolean;
    return true;
}

/* One number of a list; false after a report. */
static bool item_read(double *number, int i, const struct parameter_reader *reader)
{
    const struct value *item = reader->value->items[i];
    const struct field_limits limits = reader->limits;
    *number = item->number;
    if ((item->kind == VALUE_INTEGER || item->kind == VALUE_NUMBER) && *number >= limits.min && *number <= limits.max)
        return true;
    report_error(reader->fields.report, item->where, "%s%s[%d] is %s; expected a number from %.10g to %.10g",
                 reader->fields.path, reader->parameter->name, i + 1, value_describe(item, reader->fields.arena),
                 limits.min, limits.max);
    return false;
}

static bool numbers_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct value *list = reader->value;
    if (list == NULL || list->kind != VALUE_TABLE || list->field_count > 0 || list->item_count == 0
        || list->item_count > DEFINITION_NUMBERS)
        return fields_refuse(&reader->fields, reader->parameter->name, "a list of 1 to %d numbers", DEFINITION_NUMBERS);
    double *numbers = arena_alloc(reader->fields.arena, (size_t)list->item_count, sizeof *numbers);
    for (int i = 0; i < list->item_count; i++)
        if (!item_read(&numbers[i], i, reader))
            return false;
    argument->numbers = (struct numbers){ numbers, list->item_count };
    return true;
}

/* A word with parameters of its own. */
static bool word_read(struct argument *argument, const struct parameter_reader *reader)
{
    const struct parameter *parameter = reader->parameter;
    struct argument *arguments = arena_alloc(reader->fields.arena, DEFINITION_PARAMETERS, sizeof *arguments);
    argument->arguments = arguments;
    argument->word = definition_read_word(&reader->fields, parameter->name, parameter->kind, parameter->default_choice,
                                          reader->reader->catalog);
    return argument->word != NULL
        && definition_read_arguments(arguments, argument->word,
                                     arena_format(reader->fields.arena, "%s.%s", reader->field, parameter->name),
                                     reader->value, reader->definition, reader->reader);
}

static bool parameter_read(struct argument *argument, const struct parameter_reader *reader)
{
    static bool (*const readers[])(struct argument *, const struct parameter_reader *) = {
        [PARAMETER_INTEGER] = integer_read, [PARAMETER_NUMBER]  = number_read,  [PARAMETER_CHOICE] = choice_read,
        [PARAMETER_BOOLEAN] = boolean_read, [PARAMETER_NUMBERS] = numbers_read, [PARAMETER_WORD]   = word_read,
    };
    return readers[reader->parameter->type](argument, reader);
}

/* A word with one parameter may be given it without its name: softcap(50). */
static const struct value *word_with_names(const struct value *word, const struct descriptor *descriptor, struct arena *arena)
{
    if (descriptor->parameter_count != 1 || word->item_count != 1 || word->field_count != 0)
        return word;
    struct value *named = arena_alloc(arena, 1, sizeof *named);
    *named = *word;
    named->fields = arena_alloc(arena, 1, sizeof *named->fields);
    named->fields[0] = (struct field){ descriptor->parameters[0].name, word->items[0] };
    named->field_count = 1;
    named->item_count = 0;
    return named;
}

/* Whether the word is called with nothing but its parameters. */
static bool arguments_known(const struct descriptor *descriptor, const char *field, const struct fields *fields,
                            const struct definition_reader *reader)
{
    const struct value *word = fields->table;
    const char **names = arena_alloc(fields->arena, (size_t)descriptor->parameter_count + 1, sizeof *names);
    for (int i = 0; i < descriptor->parameter_count; i++)
        names[i] = descriptor->parameters[i].name;
    if (word->item_count == 0 && (word->field_count == 0 || descriptor->parameter_count > 0))
        return fields_known(fields, names);
    report_error(reader->report, word->where, "%s%s: %s takes %s", reader->path, field, descriptor->name,
                 descriptor->parameter_count > 0 ? "only names and values: { name = value }" : "nothing");
    return false;
}

bool definition_read_arguments(struct argument *arguments, const struct descriptor *descriptor, const char *field,
                               const struct value *value, const struct definition *definition,
                               const struct definition_reader *reader)
{
    static const struct value nothing = { .kind = VALUE_WORD };
    struct fields fields = {
        value == NULL ? &nothing : word_with_names(value, descriptor, reader->arena), arena_format(reader->arena, "%s%s.", reader->path, field),
        reader->arena, reader->report
    };
    bool good = arguments_known(descriptor, field, &fields, reader);
    for (int i = 0; i < descriptor->parameter_count; i++) {
        const struct parameter *parameter = &descriptor->parameters[i];
        struct parameter_reader one = {
            parameter, fields, value_field(fields.table, parameter->name), { parameter->min, parameter->max },
            field, definition, reader
        };
        arguments[i] = (struct argument){ .number = parameter->default_number };
        if (parameter->default_field != NULL)
            arguments[i].number = one.limits.max = definition_number(definition, parameter->default_field);
        good = parameter_read(&arguments[i], &one) && good;
    }
    return good;
}

const struct descriptor *definition_read_word(const struct fields *fields, const char *name, enum catalog_kind kind,
                                              const char *otherwise, const struct catalog *catalog)
{
    const struct value *value = value_field(fields->table, name);
    const struct descriptor *descriptor = NULL;
    if (value == NULL && otherwise != NULL)
        descriptor = catalog_find(catalog, kind, otherwise);
    else if (value != NULL && value->kind == VALUE_WORD)
        descriptor = catalog_find(catalog, kind, value->word);
    if (descriptor == NULL)
        fields_refuse(fields, name, "%s", definition_choices(kind, NULL, fields->arena));
    return descriptor;
}

const char *definition_choices(enum catalog_kind kind, const char *more, struct arena *arena)
{
    return arena_format(arena, "one of `attngen list %s`%s%s", catalog_kind_name(kind), more != NULL ? " or " : "",
                        more != NULL ? more : "");
}
