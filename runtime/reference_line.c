#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference_line.h"

enum { VALUE_BYTES = 8192 };      /* longest value of a key; the longest mask has fewer */

/* A line on its way: what is left of it, and where an error goes. */
struct reader {
    struct reference_line *line;
    const char *at;
    char *error;
    size_t error_size;
    char mask[VALUE_BYTES], position[VALUE_BYTES], pairing[VALUE_BYTES];
    unsigned seen;                /* bit i: keys[i] has a value */
};

enum key_type { KEY_INTEGER, KEY_NUMBER, KEY_TEXT, KEY_CACHE };

/* What may stand in a line. Offsets are into struct reference_line, those of texts into struct reader. */
static const struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    double min, max;
    bool of_rope;                 /* stands there exactly when position=rope does */
} keys[] = {
    { "heads",        KEY_INTEGER, offsetof(struct reference_line, heads),    1.0, REFERENCE_HEADS, false },
    { "kv_heads",     KEY_INTEGER, offsetof(struct reference_line, kv_heads), 1.0, REFERENCE_HEADS, false },
    { "d_k",          KEY_INTEGER, offsetof(struct reference_line, d_k),      1.0, REFERENCE_D,     false },
    { "d_v",          KEY_INTEGER, offsetof(struct reference_line, d_v),      1.0, REFERENCE_D,     false },
    { "scale",        KEY_NUMBER,  offsetof(struct reference_line, scale),    -1e30, 1e30,          false },
    { "mask",         KEY_TEXT,    offsetof(struct reader, mask),             0.0, 0.0,             false },
    { "position",     KEY_TEXT,    offsetof(struct reader, position),         0.0, 0.0,             false },
    { "rope.base",    KEY_NUMBER,  offsetof(struct reference_line, base),     1e-30, 1e30,          true },
    { "rope.dims",    KEY_INTEGER, offsetof(struct reference_line, dims),     2.0, REFERENCE_D,     true },
    { "rope.pairing", KEY_TEXT,    offsetof(struct reader, pairing),          0.0, 0.0,             true },
    { "cache",        KEY_CACHE,   0,                                         0.0, 0.0,             false },
};

enum { KEYS = sizeof keys / sizeof *keys };

__attribute__((format(printf, 2, 3)))
static bool reader_refuse(const struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->error, reader->error_size, format, arguments);
    va_end(arguments);
    return false;
}

/* The next key, up to its `=`. */
static const struct key *key_read(struct reader *reader)
{
    const size_t length = strcspn(reader->at, "= ");
    for (int i = 0; i < KEYS; i++) {
        if (strlen(keys[i].name) != length || strncmp(keys[i].name, reader->at, length) != 0)
            continue;
        if (reader->at[length] != '=' || (reader->seen >> i & 1) != 0) {
            reader_refuse(reader, "a definition's '%s' stands once, followed by '=' and a value", keys[i].name);
            return NULL;
        }
        reader->seen |= 1u << i;
        reader->at += length + 1;
        return &keys[i];
    }
    reader_refuse(reader, "a definition has no '%.*s'", (int)(length < 40 ? length : 40), reader->at);
    return NULL;
}

/* The value that follows, quoted or not. */
static bool value_read(struct reader *reader, const struct key *key, char value[VALUE_BYTES])
{
    const bool quoted = *reader->at == '"';
    reader->at += quoted;
    const size_t length = strcspn(reader->at, quoted ? "\"" : " ");
    if (quoted && reader->at[length] != '"')
        return reader_refuse(reader, "the quote after %s= does not end", key->name);
    if (length == 0 || length >= VALUE_BYTES)
        return reader_refuse(reader, "the value of %s has %zu bytes; expected 1 to %d", key->name, length,
                             VALUE_BYTES - 1);
    memcpy(value, reader->at, length);
    value[length] = '\0';
    reader->at += length + quoted;
    return true;
}

static bool number_store(struct reader *reader, const struct key *key, const char *value)
{
    char *end;
    const double number = strtod(value, &end);
    if (*end != '\0' || !(number >= key->min && number <= key->max))
        return reader_refuse(reader, "%s is %.40s; expected a number from %g to %g", key->name, value, key->min,
                             key->max);
    char *field = (char *)reader->line + key->offset;
    if (key->type == KEY_NUMBER) {
        memcpy(field, &number, sizeof number);
        return true;
    }
    const int integer = (int)number;
    if (integer != number)
        return reader_refuse(reader, "%s is %.40s; expected a whole number", key->name, value);
    memcpy(field, &integer, sizeof integer);
    return true;
}

static bool pair_read(struct reader *reader)
{
    char value[VALUE_BYTES];
    const struct key *key = key_read(reader);
    if (key == NULL || !value_read(reader, key, value))
        return false;
    if (key->type == KEY_TEXT)
        memcpy((char *)reader + key->offset, value, strlen(value) + 1);
    else if (key->type == KEY_CACHE)
        return strcmp(value, "f32") == 0 || reader_refuse(reader, "cache is %.40s; the reference knows f32", value);
    else
        return number_store(reader, key, value);
    return true;
}

/* Every key stands there, those of rope exactly when position=rope does. */
static bool keys_check(const struct reader *reader)
{
    for (int i = 0; i < KEYS; i++) {
        const bool found = (reader->seen >> i & 1) != 0;
        if (!found && (!keys[i].of_rope || reader->line->rotates))
            return reader_refuse(reader, "%s is missing", keys[i].name);
        if (found && keys[i].of_rope && !reader->line->rotates)
            return reader_refuse(reader, "%s stands without position=rope", keys[i].name);
    }
    return true;
}

static bool rope_check(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    if (line->dims % 2 != 0 || line->dims > line->d_k)
        return reader_refuse(reader, "rope.dims is %d; expected an even number of at most d_k, %d", line->dims,
                             line->d_k);
    line->interleaved = strcmp(reader->pairing, "interleaved") == 0;
    if (!line->interleaved && strcmp(reader->pairing, "half") != 0)
        return reader_refuse(reader, "rope.pairing is %.40s; expected half or interleaved", reader->pairing);
    return true;
}

static bool line_check(const struct reader *reader)
{
    struct reference_line *line = reader->line;
    struct expression_error error;
    line->rotates = strcmp(reader->position, "rope") == 0;
    if (!keys_check(reader))
        return false;
    if (line->heads % line->kv_heads != 0)
        return reader_refuse(reader, "kv_heads is %d; expected a divisor of heads, %d", line->kv_heads, line->heads);
    if (!expression_parse(&line->mask, reader->mask, NULL, 0, line->heads, &error))
        return reader_refuse(reader, "mask, column %d: %s", error.column, error.text);
    if (!line->rotates && strcmp(reader->position, "none") != 0)
        return reader_refuse(reader, "position is %.40s; expected none or rope", reader->position);
    return !line->rotates || rope_check(reader);
}

bool reference_line_read(struct reference_line *line, const char *text, char *error, size_t error_size)
{
    static const char family[] = "softmax";
    struct reader reader = { .line = line, .at = text, .error = error, .error_size = error_size };
    *line = (struct reference_line){ 0 };
    const size_t length = strcspn(text, " ");
    if (length != strlen(family) || memcmp(text, family, length) != 0)
        return reader_refuse(&reader, "a definition begins with '%s'; found '%.*s'", family,
                             (int)(length < 40 ? length : 40), text);
    reader.at += length;
    while (*reader.at != '\0') {
        if (*reader.at++ != ' ')
            return reader_refuse(&reader, "expected a blank before '%.40s'", reader.at - 1);
        if (!pair_read(&reader))
            return false;
    }
    return line_check(&reader);
}
