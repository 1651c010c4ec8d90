#include <stdarg.h>
#include <string.h>

#include "definition_parts.h"

enum { SENTENCE_BYTES = 512 };

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

/* where "k <= q and q - k < W" { W = 4 } */
static bool where_read(struct expression *mask, const struct value *word, const struct mask_reader *m)
{
    struct expression_name names[DEFINITION_NAMES];
    const char *text = definition_read_text(word, "mask", "where \"k <= q\"", m->reader);
    return text != NULL && definition_read_names(names, word, "mask", text, false, m->reader)
        && mask_parse(mask, text, names, word->field_count, word->where, m);
}

/* A descriptor's expression, its parameters given. */
static bool described_read(struct expression *mask, const struct descriptor *descriptor, const struct value *value,
                           const struct mask_reader *m)
{
    struct argument arguments[DEFINITION_PARAMETERS];
    struct expression_name names[DEFINITION_PARAMETERS + EXPRESSION_ARRAYS];
    if (!definition_read_arguments(arguments, descriptor, "mask", value, m->definition, m->reader))
        return false;
    if (value != NULL && descriptor->parameter_count > 0 && value->field_count + value->item_count == 0)
        return mask_refuse(m, value, "%s is given nothing; expected %s { %s = ... }", descriptor->name,
                           descriptor->name, descriptor->parameters[0].name);
    for (int i = 0; i < descriptor->parameter_count; i++)
        names[i] = (struct expression_name){ .name = descriptor->parameters[i].name, .value = (int64_t)arguments[i].number };
    return definition_read_arrays(names + descriptor->parameter_count, descriptor, arguments, m->reader)
        && mask_parse(mask, descriptor->sees, names, descriptor->parameter_count + descriptor->array_count, descriptor->where, m);
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
