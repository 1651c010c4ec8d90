#include <math.h>
#include <string.h>

#include "text.h"
#include "value.h"

enum {
    SHOWN_BYTES = 40,    /* of a text that a message quotes */
    SHOWN_DEPTH = 4      /* of composed words */
};

struct value *value_field(const struct value *value, const char *name)
{
    for (int i = 0; i < value->field_count; i++)
        if (strcmp(value->fields[i].name, name) == 0)
            return value->fields[i].value;
    return NULL;
}

static void describe_text(struct text *out, const struct value *value)
{
    bool cut = value->length > SHOWN_BYTES;
    text_format(out, "\"%.*s%s\" (text)", SHOWN_BYTES, value->text, cut ? "..." : "");
}

static void describe_word(struct text *out, const struct value *value, int depth)
{
    bool composed = strchr("&|~", value->word[0]) != NULL;
    if (!composed || depth == SHOWN_DEPTH) {
        text_put(out, composed ? "..." : value->word);
        text_put(out, composed ? "" : "()");
        return;
    }
    if (value->item_count == 1)
        text_put(out, value->word);
    for (int i = 0; i < value->item_count; i++) {
        if (i > 0)
            text_format(out, " %s ", value->word);
        describe_word(out, value->items[i], depth + 1);
    }
}

const char *value_describe(const struct value *value, struct arena *arena)
{
    struct text out = text_start(arena);
    switch (value->kind) {
    case VALUE_BOOLEAN: text_put(&out, value->boolean ? "true" : "false"); break;
    case VALUE_INTEGER: text_format(&out, "%lld", (long long)value->integer); break;
    case VALUE_NUMBER:  text_format(&out, "%.10g", isnan(value->number) ? NAN : value->number); break;
    case VALUE_TEXT:    describe_text(&out, value); break;
    case VALUE_TABLE:   text_put(&out, "a table"); break;
    case VALUE_WORD:    describe_word(&out, value, 0); break;
    }
    return out.data;
}
