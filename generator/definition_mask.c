#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "definition_parts.h"

enum {
    WHERE_NAMES = 32,            /* most numbers that a `where` names */
    WHERE_NUMBER = INT32_MAX,    /* the largest of them */
    SENTENCE_BYTES = 512
};

/* The operators that combine masks, each for one or two operands. */
static const char *const operators[] = { "&", "|", "~" };

/* What reading a mask needs, at every depth. */
struct mask_reader {
    const struct definition_reader *reader;
    const struct definition *definition;
};

static bool mask_read(struct expression *mask, const struct value *value, const struct mask_reader *m);

/* Always false. */
static bool __attribute__((format(printf, 3, 4)))
mask_refuse(const struct mask_reader *m, const struct value *value, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    report_error(m->reader->report, value->where, "%smask: %s", m->reader->path, sentence);
    return false;
}

static bool mask_parse(struct expression *mask, const char *text, const struct expression_name *names, int count,
                       struct where where, const struct mask_reader *m)
{
    struct expression_error error = { .column = 0 };
    if (expression_parse(mask, text, names, count, m->definition->heads, &error))
        return true;
    report_error(m->reader->report, where, "%smask: %s (column %d of \"%.80s%s\")", m->reader->path,
                 error.text, error.column, text, strlen(text) > 80 ? "..." : "");
    return false;
}

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

/* A number that `where` names: usable, whole, and used. */
static bool where_read_name(struct expression_name *name, const struct field *field, const char *text,
                            const struct fields *fields, const struct mask_reader *m)
{
    struct field_limits limits = { -(double)WHERE_NUMBER, WHERE_NUMBER };
    if (!name_is_identifier(field->name) || expression_word_is_taken(field->name))
        return mask_refuse(m, field->value, "'%s' cannot name a number in an expression", field->name);
    if (!fields_integer(fields, field->name, true, limits, &name->value))
        return false;
    name->name = field->name;
    name->kind = EXPRESSION_NAME_INTEGER;
    if (!text_mentions(text, field->name))
        return mask_refuse(m, field->value, "%s is not used in \"%s\"", field->name, text);
    return true;
}

/* where "k <= q and q - k < W" { W = 4 } */
static bool where_read(struct expression *mask, const struct value *value, const struct mask_reader *m)
{
    struct expression_name names[WHERE_NAMES];
    struct fields fields = { value, arena_format(m->reader->arena, "%smask.", m->reader->path),
                             m->reader->arena, m->reader->report };
    if (value->item_count != 1 || value->items[0]->kind != VALUE_TEXT)
        return mask_refuse(m, value, "where takes one expression: where \"k <= q\"");
    const struct value *text = value->items[0];
    if (strlen(text->text) != text->length)
        return mask_refuse(m, value, "the expression has a zero byte");
    if (value->field_count > WHERE_NAMES)
        return mask_refuse(m, value, "where takes at most %d numbers", WHERE_NAMES);
    for (int i = 0; i < value->field_count; i++)
        if (!where_read_name(&names[i], &value->fields[i], text->text, &fields, m))
            return false;
    return mask_parse(mask, text->text, names, value->field_count, value->where, m);
}

/* A descriptor's expression, its parameters given. */
static bool described_read(struct expression *mask, const struct descriptor *descriptor, const struct value *value,
                           const struct mask_reader *m)
{
    struct argument arguments[DEFINITION_PARAMETERS];
    struct expression_name names[DEFINITION_PARAMETERS];
    if (!definition_read_arguments(arguments, descriptor, "mask", value, m->definition, m->reader))
        return false;
    if (value != NULL && descriptor->parameter_count > 0 && value->field_count == 0)
        return mask_refuse(m, value, "%s is given nothing; expected %s { %s = ... }", descriptor->name,
                           descriptor->name, descriptor->parameters[0].name);
    for (int i = 0; i < descriptor->parameter_count; i++)
        names[i] = (struct expression_name){ .name = descriptor->parameters[i].name, .value = (int64_t)arguments[i].number };
    return mask_parse(mask, descriptor->sees, names, descriptor->parameter_count, descriptor->where, m);
}

static bool composed_read(struct expression *mask, const struct value *value, const struct mask_reader *m)
{
    int heads = m->definition->heads;
    struct expression *operands = arena_alloc(m->reader->arena, 2, sizeof *operands);
    bool good = true;
    for (int i = 0; i < value->item_count; i++)
        good = mask_read(&operands[i], value->items[i], m) && good;
    if (!good)
        return false;
    bool fits = value->word[0] == '&' ? expression_and(mask, &operands[0], &operands[1], heads)
              : value->word[0] == '|' ? expression_or(mask, &operands[0], &operands[1], heads)
              : expression_not(mask, &operands[0], heads);
    return fits || mask_refuse(m, value, "more than %d parts when the words are combined", EXPRESSION_NODES);
}

static bool mask_read(struct expression *mask, const struct value *value, const struct mask_reader *m)
{
    struct arena *arena = m->reader->arena;
    const struct descriptor *descriptor = NULL;
    if (value->kind == VALUE_WORD) {
        for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
            if (strcmp(value->word, operators[i]) == 0)
                return composed_read(mask, value, m);
        if (strcmp(value->word, "where") == 0)
            return where_read(mask, value, m);
        descriptor = catalog_find(m->reader->catalog, CATALOG_MASK, value->word);
    }
    if (descriptor != NULL)
        return described_read(mask, descriptor, value, m);
    report_error(m->reader->report, value->where, "%smask is %s; expected %s, also combined by & | ~", m->reader->path,
                 value_describe(value, arena), definition_choices(CATALOG_MASK, "where", arena));
    return false;
}

bool definition_read_mask(struct definition *definition, const struct value *value,
                          const struct definition_reader *reader)
{
    static const struct value none = { .kind = VALUE_WORD, .word = "none" };
    struct mask_reader m = { reader, definition };
    return mask_read(&definition->mask, value == NULL ? &none : value, &m);
}
