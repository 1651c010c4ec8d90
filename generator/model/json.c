#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "json.h"
#include "tree.h"

enum {
    LINE_BYTES = 160,      /* a longer object or list is broken into lines */
    INDENT = 2
};

/* What reading needs at every depth. */
struct json_reader {
    const char *file;
    struct arena *arena;
    struct report *report;
};

static struct value *value_of(json_t *json, const struct json_reader *reader, int depth);

static struct value *value_of_text(json_t *json, struct arena *arena)
{
    return tree_text(arena_copy(arena, json_string_value(json), json_string_length(json)), arena);
}

/* A null in a list keeps its place: as an empty table, which nothing takes for a number or a text. */
static struct value *value_of_list(json_t *json, const struct json_reader *reader, int depth)
{
    struct value *list = tree_table(reader->arena);
    for (size_t i = 0; i < json_array_size(json); i++) {
        json_t *item = json_array_get(json, i);
        struct value *value = json_is_null(item) ? tree_table(reader->arena) : value_of(item, reader, depth + 1);
        if (value == NULL)
            return NULL;
        value->where.file = reader->file;
        tree_append(list, value, reader->arena);
    }
    return list;
}

static struct value *value_of_object(json_t *json, const struct json_reader *reader, int depth)
{
    struct value *table = tree_table(reader->arena);
    const char *name;
    json_t *field;
    json_object_foreach(json, name, field) {
        if (json_is_null(field))
            continue;
        struct value *value = value_of(field, reader, depth + 1);
        if (value == NULL)
            return NULL;
        value->where.file = reader->file;
        tree_set(table, arena_copy(reader->arena, name, strlen(name)), value, reader->arena);
    }
    return table;
}

/* NULL after a report. */
static struct value *value_of(json_t *json, const struct json_reader *reader, int depth)
{
    if (depth > JSON_DEPTH) {
        report_error(reader->report, (struct where){ reader->file, 0 }, "nests deeper than %d levels", JSON_DEPTH);
        return NULL;
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT:  return value_of_object(json, reader, depth);
    case JSON_ARRAY:   return value_of_list(json, reader, depth);
    case JSON_STRING:  return value_of_text(json, reader->arena);
    case JSON_INTEGER: return tree_integer(json_integer_value(json), reader->arena);
    case JSON_REAL:    return tree_number(json_real_value(json), reader->arena);
    case JSON_TRUE:
    case JSON_FALSE:   return tree_boolean(json_is_true(json), reader->arena);
    case JSON_NULL:    break;
    }
    return tree_table(reader->arena);
}

struct value *json_read(const char *file, struct arena *arena, struct report *report)
{
    struct json_reader reader = { file, arena, report };
    size_t length;
    const char *text = file_read(file, JSON_BYTES, &length, arena, report);
    if (text == NULL)
        return NULL;
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    struct value *value = NULL;
    if (json == NULL)
        report_error(report, (struct where){ file, error.line }, "is no JSON: %s", error.text);
    else if (!json_is_object(json))
        report_error(report, (struct where){ file, 1 }, "is no JSON object; expected { ... }");
    else
        value = value_of(json, &reader, 0);
    json_decref(json);
    if (value != NULL)
        value->where.file = file;
    return value;
}

static void write_text(struct text *out, const char *text, size_t length)
{
    text_put(out, "\"");
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20)
            text_format(out, "\\u%04x", byte);
        else
            text_format(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
    }
    text_put(out, "\"");
}

static void write_number(struct text *out, double number)
{
    if (isfinite(number))
        text_number(out, number);
    else
        text_put(out, "null");
}

static int field_compare(const void *a, const void *b)
{
    return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

static const struct field *fields_sorted(const struct value *table, struct arena *arena)
{
    struct field *fields = arena_alloc(arena, (size_t)table->field_count, sizeof *fields);
    if (table->field_count > 0)
        memcpy(fields, table->fields, (size_t)table->field_count * sizeof *fields);
    qsort(fields, (size_t)table->field_count, sizeof *fields, field_compare);
    return fields;
}

static void write_value(struct text *out, const struct value *value, int depth, bool broken);

/* Before a part of a list or object that is, or is not, broken into lines. */
static void write_gap(struct text *out, int depth, bool broken)
{
    if (broken)
        text_format(out, "\n%*s", depth * INDENT, "");
    else
        text_put(out, " ");
}

static void write_parts(struct text *out, const struct value *table, int depth, bool broken)
{
    const struct field *fields = fields_sorted(table, out->arena);
    bool list = table->field_count == 0;
    int count = list ? table->item_count : table->field_count;
    text_put(out, list ? "[" : "{");
    for (int i = 0; i < count; i++) {
        text_put(out, i > 0 ? "," : "");
        write_gap(out, depth + 1, broken);
        if (!list) {
            write_text(out, fields[i].name, strlen(fields[i].name));
            text_put(out, ": ");
        }
        write_value(out, list ? table->items[i] : fields[i].value, depth + 1, broken);
    }
    if (count > 0)
        write_gap(out, depth, broken);
    text_put(out, list ? "]" : "}");
}

/* In one line where that is short enough, or where what is around it is in one line too. */
static void write_table(struct text *out, const struct value *table, int depth, bool may_break)
{
    size_t start = out->length;
    write_parts(out, table, depth, false);
    if (may_break && out->length - start > LINE_BYTES) {
        text_cut(out, start);
        write_parts(out, table, depth, true);
    }
}

static void write_value(struct text *out, const struct value *value, int depth, bool may_break)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: text_put(out, value->boolean ? "true" : "false"); break;
    case VALUE_INTEGER: text_format(out, "%lld", (long long)value->integer); break;
    case VALUE_NUMBER:  write_number(out, value->number); break;
    case VALUE_TEXT:    write_text(out, value->text, value->length); break;
    case VALUE_WORD:    write_text(out, value->word, strlen(value->word)); break;
    case VALUE_TABLE:   write_table(out, value, depth, may_break); break;
    }
}

void json_write(struct text *text, const struct value *value)
{
    write_value(text, value, 0, true);
    text_put(text, "\n");
}
