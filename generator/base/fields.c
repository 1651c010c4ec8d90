#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "fields.h"

enum {
    IDENTIFIER_BYTES = 63,       /* what C11 promises to tell apart */
    EXPECTED_BYTES = 512         /* of what a message says was expected */
};

static const double whole_limit = 9007199254740992.0;     /* 2^53: from there on doubles have gaps */

bool fields_known(const struct fields *fields, const char *const *known)
{
    const struct value *table = fields->table;
    int errors = fields->report->errors;
    for (int i = 0; i < table->field_count; i++) {
        const struct field *field = &table->fields[i];
        const char *const *name = known;
        while (*name != NULL && strcmp(*name, field->name) != 0)
            name++;
        const char *nearest = report_nearest(field->name, known);
        if (*name == NULL && nearest != NULL)
            report_error(fields->report, field->value->where, "unknown field '%s%s' (did you mean '%s'?)",
                         fields->path, field->name, nearest);
        else if (*name == NULL)
            report_error(fields->report, field->value->where, "unknown field '%s%s'", fields->path, field->name);
    }
    if (table->kind == VALUE_TABLE && table->item_count > 0)
        report_error(fields->report, table->items[0]->where, "%s has no name; expected name = value",
                     value_describe(table->items[0], fields->arena));
    return fields->report->errors == errors;
}

bool fields_refuse(const struct fields *fields, const char *name, const char *expected, ...)
{
    char phrase[EXPECTED_BYTES];
    va_list arguments;
    va_start(arguments, expected);
    vsnprintf(phrase, sizeof phrase, expected, arguments);
    va_end(arguments);
    const struct value *value = value_field(fields->table, name);
    if (value == NULL)
        report_error(fields->report, fields->table->where, "%s%s is missing; expected %s", fields->path, name, phrase);
    else
        report_error(fields->report, value->where, "%s%s is %s; expected %s", fields->path, name,
                     value_describe(value, fields->arena), phrase);
    return false;
}

bool value_is_whole(const struct value *value, int64_t *whole)
{
    double number = value->number;
    if (value->kind == VALUE_INTEGER)
        *whole = value->integer;
    else if (value->kind == VALUE_NUMBER && fabs(number) < whole_limit && floor(number) == number)
        *whole = (int64_t)number;
    else
        return false;
    return true;
}

bool fields_integer(const struct fields *fields, const char *name, bool required,
                    struct field_limits limits, int64_t *result)
{
    const struct value *value = value_field(fields->table, name);
    int64_t whole;
    if (value == NULL && !required)
        return true;
    if (value == NULL || !value_is_whole(value, &whole) || (double)whole < limits.min || (double)whole > limits.max)
        return fields_refuse(fields, name, "a whole number from %.10g to %.10g", limits.min, limits.max);
    *result = whole;
    return true;
}

bool fields_number(const struct fields *fields, const char *name, bool required,
                   struct field_limits limits, double *result)
{
    const struct value *value = value_field(fields->table, name);
    if (value == NULL && !required)
        return true;
    bool number = value != NULL && (value->kind == VALUE_INTEGER || value->kind == VALUE_NUMBER);
    if (!number || !(value->number >= limits.min && value->number <= limits.max))
        return fields_refuse(fields, name, "a number from %.10g to %.10g", limits.min, limits.max);
    *result = value->number;
    return true;
}

bool fields_text(const struct fields *fields, const char *name, bool required, const char **result)
{
    const struct value *value = value_field(fields->table, name);
    if (value == NULL && !required)
        return true;
    if (value == NULL || value->kind != VALUE_TEXT)
        return fields_refuse(fields, name, "a text");
    if (strlen(value->text) != value->length)
        return fields_refuse(fields, name, "a text without zero bytes");
    *result = value->text;
    return true;
}

bool name_is_word(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > IDENTIFIER_BYTES || !isalpha((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

bool name_is_identifier(const char *name)
{
    static const char *const c_words[] = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
        "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed",
        "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "main",
    };
    for (size_t i = 0; i < sizeof c_words / sizeof c_words[0]; i++)
        if (strcmp(c_words[i], name) == 0)
            return false;
    return name_is_word(name);
}
