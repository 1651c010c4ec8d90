#include <ctype.h>
#include <string.h>

#include "definition_parts.h"

enum { NAMES_WHOLE = INT32_MAX };        /* the largest whole number that a name may stand for */

static bool byte_in_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* Whether the expression mentions the name. */
static bool text_mentions(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name))
        if ((at == text || !byte_in_name(at[-1])) && !byte_in_name(at[length]))
            return true;
    return false;
}

/* A list of numbers becomes a table. */
static bool table_read(struct expression_name *name, const struct field *field, const struct fields *fields)
{
    const struct value *list = field->value;
    double *values = arena_alloc(fields->arena, EXPRESSION_VALUES, sizeof *values);
    bool good = list->field_count == 0 && list->item_count > 0 && list->item_count <= EXPRESSION_VALUES;
    for (int i = 0; good && i < list->item_count; i++) {
        const struct value *item = list->items[i];
        good = item->kind == VALUE_INTEGER || item->kind == VALUE_NUMBER;
        values[i] = item->number;
    }
    if (!good)
        return fields_refuse(fields, field->name, "a number, or a list of 1 to %d of them", EXPRESSION_VALUES);
    name->kind = EXPRESSION_NAME_TABLE;
    name->values = values;
    name->count = list->item_count;
    return true;
}

/* A whole number, or where numbers are allowed any. */
static bool number_read(struct expression_name *name, const struct field *field, bool numbers, const struct fields *fields)
{
    static const struct field_limits whole = { -(double)NAMES_WHOLE, NAMES_WHOLE }, any = { -1e30, 1e30 };
    int64_t integer;
    name->kind = EXPRESSION_NAME_INTEGER;
    if (!numbers || value_is_whole(field->value, &integer))
        return fields_integer(fields, field->name, true, whole, &name->value);
    name->kind = EXPRESSION_NAME_NUMBER;
    return fields_number(fields, field->name, true, any, &name->number);
}

static bool mention_check(const struct field *field, const char *text, const struct fields *fields)
{
    if (text_mentions(text, field->name))
        return true;
    report_error(fields->report, field->value->where, "%s%s is not used in \"%s\"", fields->path, field->name, text);
    return false;
}

static bool name_read(struct expression_name *name, const struct field *field, const char *text, bool numbers,
                      const struct fields *fields, const struct definition_reader *reader)
{
    name->name = field->name;
    if (!name_is_identifier(field->name) || expression_word_is_taken(field->name)) {
        report_error(fields->report, field->value->where, "%s%s cannot name a number in an expression", fields->path,
                     field->name);
        return false;
    }
    if (field->value->kind == VALUE_WORD)
        return definition_read_array(name, field, fields->path, NULL, reader) && mention_check(field, text, fields);
    if (!(field->value->kind == VALUE_TABLE ? table_read(name, field, fields) : number_read(name, field, numbers, fields)))
        return false;
    return mention_check(field, text, fields);
}

const char *definition_read_text(const struct value *word, const char *field, const char *example,
                                 const struct definition_reader *reader)
{
    const struct value *text = word->item_count == 1 && word->items[0]->kind == VALUE_TEXT ? word->items[0] : NULL;
    if (text == NULL)
        report_error(reader->report, word->where, "%s%s: %s takes one expression: %s", reader->path, field, word->word, example);
    else if (strlen(text->text) != text->length)
        report_error(reader->report, word->where, "%s%s: the expression has a zero byte", reader->path, field);
    else
        return text->text;
    return NULL;
}

bool definition_read_names(struct expression_name *names, const struct value *word, const char *field, const char *text,
                           bool numbers, const struct definition_reader *reader)
{
    struct fields fields = { word, arena_format(reader->arena, "%s%s.", reader->path, field), reader->arena, reader->report };
    if (word->field_count > DEFINITION_NAMES) {
        report_error(reader->report, word->where, "%s%s: %s takes at most %d names", reader->path, field, word->word,
                     DEFINITION_NAMES);
        return false;
    }
    for (int i = 0; i < word->field_count; i++)
        if (!name_read(&names[i], &word->fields[i], text, numbers, &fields, reader))
            return false;
    return true;
}
