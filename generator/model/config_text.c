#include <string.h>

#include "../definition/definition_parts.h"
#include "config_text.h"

enum { LISTED_LAYERS = 12 };     /* more of them are written as a loop where they repeat */

static void write_literal(struct text *out, const char *bytes, size_t length)
{
    text_put(out, "\"");
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x20 || byte == 0x7f)
            text_format(out, "\\%03d", byte);
        else
            text_format(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
    }
    text_put(out, "\"");
}

/* { name = value, value }; the text that a word is called with stands before. */
static void write_parts(struct text *out, const struct value *value)
{
    const char *gap = "{ ";
    for (int i = 0; i < value->field_count; i++, gap = ", ") {
        text_format(out, "%s%s = ", gap, value->fields[i].name);
        config_text_value(out, value->fields[i].value);
    }
    for (int i = 0; i < value->item_count; i++) {
        if (value->kind == VALUE_WORD && value->items[i]->kind == VALUE_TEXT)
            continue;
        text_put(out, gap);
        config_text_value(out, value->items[i]);
        gap = ", ";
    }
    text_put(out, gap[0] == '{' ? "{}" : " }");
}

static bool is_combined(const struct value *value)
{
    return value->kind == VALUE_WORD && strchr("&|~", value->word[0]) != NULL;
}

/* causal & window { left = 4095 }; operands that are combined themselves stand in parentheses. */
static void write_combined(struct text *out, const struct value *value)
{
    if (value->item_count == 1)
        text_put(out, value->word);
    for (int i = 0; i < value->item_count; i++) {
        const struct value *operand = value->items[i];
        if (i > 0)
            text_format(out, " %s ", value->word);
        text_put(out, is_combined(operand) ? "(" : "");
        config_text_value(out, operand);
        text_put(out, is_combined(operand) ? ")" : "");
    }
}

static void write_word(struct text *out, const struct value *value)
{
    if (is_combined(value)) {
        write_combined(out, value);
        return;
    }
    int parts = value->field_count;
    text_put(out, value->word);
    for (int i = 0; i < value->item_count; i++) {
        if (value->items[i]->kind != VALUE_TEXT)
            parts++;
        else {
            text_put(out, " ");
            config_text_value(out, value->items[i]);
        }
    }
    text_put(out, parts > 0 ? " " : "");
    if (parts > 0)
        write_parts(out, value);
}

void config_text_value(struct text *text, const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: text_put(text, value->boolean ? "true" : "false"); break;
    case VALUE_INTEGER: text_format(text, "%lld", (long long)value->integer); break;
    case VALUE_NUMBER:  text_number(text, value->number); break;
    case VALUE_TEXT:    write_literal(text, value->text, value->length); break;
    case VALUE_TABLE:   write_parts(text, value); break;
    case VALUE_WORD:    write_word(text, value); break;
    }
}

static bool is_number(const struct value *value)
{
    return value->kind == VALUE_INTEGER || value->kind == VALUE_NUMBER;
}

/* The fields of one definition in the order of the language: numbers share a line, others have one each. */
static void write_definition(struct text *out, const struct value *definition, const char *indent)
{
    const char *const *names = definition_attention_fields();
    const char *gap = indent;
    for (const char *const *name = names; *name != NULL; name++) {
        const struct value *value = value_field(definition, *name);
        if (value == NULL || !is_number(value))
            continue;
        text_format(out, "%s%s = ", gap, *name);
        config_text_value(out, value);
        text_put(out, ",");
        gap = " ";
    }
    for (const char *const *name = names; *name != NULL; name++) {
        const struct value *value = value_field(definition, *name);
        if (value == NULL || is_number(value))
            continue;
        text_format(out, "\n%s%s = ", indent, *name);
        config_text_value(out, value);
        text_put(out, ",");
    }
    text_put(out, "\n");
}

/* Whether attention is one definition rather than a table of named ones. */
static bool is_definition(const struct value *attention)
{
    return value_field(attention, "heads") != NULL && value_field(attention, "heads")->kind != VALUE_TABLE;
}

void config_text_attention(struct text *text, const struct value *attention)
{
    text_put(text, "attention = {\n");
    if (is_definition(attention))
        write_definition(text, attention, "  ");
    for (int i = 0; i < attention->field_count && !is_definition(attention); i++) {
        text_format(text, "  %s = {\n", attention->fields[i].name);
        write_definition(text, attention->fields[i].value, "    ");
        text_put(text, "  },\n");
    }
    text_put(text, "}\n");
}

static bool layers_equal(const struct value *a, const struct value *b)
{
    return a->kind == VALUE_TEXT && b->kind == VALUE_TEXT && strcmp(a->text, b->text) == 0;
}

/* The length of the pattern that the list repeats; its own length when it repeats none. */
static int layers_period(const struct value *layers)
{
    int period = 1, i = 1;
    while (i < layers->item_count) {
        if (layers_equal(layers->items[i], layers->items[i - period]))
            i++;
        else {
            period++;
            i = period;
        }
    }
    return period;
}

static void write_layer_list(struct text *out, const struct value *layers, int count)
{
    text_put(out, "{");
    for (int i = 0; i < count; i++) {
        text_put(out, i == 0 ? " " : i % LISTED_LAYERS == 0 ? ",\n  " : ", ");
        config_text_value(out, layers->items[i]);
    }
    text_put(out, " }");
}

void config_text_layers(struct text *text, const struct value *layers)
{
    int period = layers->kind == VALUE_TABLE ? layers_period(layers) : 0;
    if (period == 0 || layers->item_count <= LISTED_LAYERS || period > LISTED_LAYERS) {
        text_put(text, "layers = ");
        if (period == 0)
            config_text_value(text, layers);
        else
            write_layer_list(text, layers, layers->item_count);
        text_put(text, "\n");
        return;
    }
    text_put(text, "layers = {}\nlocal pattern = ");
    write_layer_list(text, layers, period);
    text_format(text, "\nfor layer = 1, %d do layers[layer] = pattern[(layer - 1) %% %d + 1] end\n",
                layers->item_count, period);
}
