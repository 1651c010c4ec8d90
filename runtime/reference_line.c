#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference_line_reader.h"

enum key_type { KEY_INTEGER, KEY_NUMBER, KEY_NUMBERS, KEY_HEADS, KEY_CHOICE, KEY_MASK, KEY_SCORE, KEY_ARRAYS };

/* What a line has that has a key: a scaling of rope, a norm. 0: it stands in every line; OPTIONAL: it may stand in any. */
enum {
    OPTIONAL = -1,
    LINEAR = 1 << SCALING_LINEAR, LLAMA3 = 1 << SCALING_LLAMA3, YARN = 1 << SCALING_YARN,
    LONGROPE = 1 << SCALING_LONGROPE, DYNAMIC = 1 << SCALING_DYNAMIC,
    SCALED = LINEAR | LLAMA3 | YARN | LONGROPE | DYNAMIC, ROPE = SCALED | 1 << SCALING_NONE,
    Q_NORM = 1 << 8, Q_LAYER = 1 << 9, K_NORM = 1 << 10, K_LAYER = 1 << 11
};

#define CACHES "f32 f16 bf16 fp8 int8 int4"      /* in the order of enum reference_cache */
#define AT(field) offsetof(struct reference_line, field)

/* What may stand in a line. Offsets are into struct reference_line. */
static const struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    double min, max;
    int parts;                    /* with these it stands in a line, and only with them; or 0 or OPTIONAL */
    const char *choices;          /* words, of which the index is stored */
} keys[] = {
    { "heads",                          KEY_INTEGER, AT(layer_heads),      1.0,   REFERENCE_HEADS, 0,                        NULL },
    { "kv_heads",                       KEY_INTEGER, AT(layer_kv_heads),   1.0,   REFERENCE_HEADS, 0,                        NULL },
    { "keep",                           KEY_HEADS,   AT(keep),             0.0,   REFERENCE_HEADS - 1, OPTIONAL,             NULL },
    { "d_k",                            KEY_INTEGER, AT(d_k),              1.0,   REFERENCE_D,     0,                        NULL },
    { "d_v",                            KEY_INTEGER, AT(d_v),              1.0,   REFERENCE_D,     0,                        NULL },
    { "v",                              KEY_CHOICE,  AT(v_in_k),           0.0,   0.0,             OPTIONAL,                 "given tail_of_k" },
    { "activations",                    KEY_CHOICE,  AT(activations),      0.0,   0.0,             OPTIONAL,                 "f32 f16 bf16" },
    { "scale",                          KEY_NUMBER,  AT(scale),            -1e30, 1e30,            0,                        NULL },
    { "mask",                           KEY_MASK,    0,                    0.0,   0.0,             0,                        NULL },
    { "score",                          KEY_SCORE,   0,                    0.0,   0.0,             OPTIONAL,                 NULL },
    { "arrays",                         KEY_ARRAYS,  0,                    0.0,   0.0,             OPTIONAL,                 NULL },
    { "sink",                           KEY_CHOICE,  AT(sink),             0.0,   0.0,             OPTIONAL,                 "none zero per_head" },
    { "normalize",                      KEY_CHOICE,  AT(normalize),        0.0,   0.0,             OPTIONAL,                 "softmax sigmoid" },
    { "hidden_row",                     KEY_CHOICE,  AT(hidden_row),       0.0,   0.0,             OPTIONAL,                 "zeros nan mean" },
    { "q_norm",                         KEY_CHOICE,  AT(q_norm.kind),       0.0,   0.0,             OPTIONAL,                 "none rms l2 layer" },
    { "q_norm.eps",                     KEY_NUMBER,  AT(q_norm.eps),        1e-12, 1.0,             Q_NORM,                   NULL },
    { "q_norm.weights",                 KEY_CHOICE,  AT(q_norm.weights),    0.0,   0.0,             Q_NORM,                   "none shared per_head" },
    { "q_norm.offset",                  KEY_NUMBER,  AT(q_norm.offset),     -2.0,  2.0,             Q_NORM,                   NULL },
    { "q_norm.bias",                    KEY_CHOICE,  AT(q_norm.biased),     0.0,   0.0,             Q_LAYER,                  "false true" },
    { "q_norm.when",                    KEY_CHOICE,  AT(q_norm.after),      0.0,   0.0,             Q_NORM,                   "before after" },
    { "k_norm",                         KEY_CHOICE,  AT(k_norm.kind),       0.0,   0.0,             OPTIONAL,                 "none rms l2 layer" },
    { "k_norm.eps",                     KEY_NUMBER,  AT(k_norm.eps),        1e-12, 1.0,             K_NORM,                   NULL },
    { "k_norm.weights",                 KEY_CHOICE,  AT(k_norm.weights),    0.0,   0.0,             K_NORM,                   "none shared per_head" },
    { "k_norm.offset",                  KEY_NUMBER,  AT(k_norm.offset),     -2.0,  2.0,             K_NORM,                   NULL },
    { "k_norm.bias",                    KEY_CHOICE,  AT(k_norm.biased),     0.0,   0.0,             K_LAYER,                  "false true" },
    { "k_norm.when",                    KEY_CHOICE,  AT(k_norm.after),      0.0,   0.0,             K_NORM,                   "before after" },
    { "position",                       KEY_CHOICE,  AT(rotates),          0.0,   0.0,             0,                        "none rope" },
    { "rope.base",                      KEY_NUMBER,  AT(base),             1e-30, 1e30,            ROPE,                     NULL },
    { "rope.dims",                      KEY_INTEGER, AT(dims),             2.0,   REFERENCE_D,     ROPE,                     NULL },
    { "rope.pairing",                   KEY_CHOICE,  AT(interleaved),      0.0,   0.0,             ROPE,                     "half interleaved" },
    { "rope.scaling",                   KEY_CHOICE,  AT(scaling),          0.0,   0.0,             SCALED,                   "none linear llama3 yarn longrope dynamic" },
    { "rope.scaling.factor",            KEY_NUMBER,  AT(factor),           1.0,   1e6,             SCALED,                   NULL },
    { "rope.scaling.original",          KEY_NUMBER,  AT(original),         1.0,   1e9,             LLAMA3 | YARN | LONGROPE | DYNAMIC, NULL },
    { "rope.scaling.length",            KEY_NUMBER,  AT(length),           1.0,   1e9,             DYNAMIC,                  NULL },
    { "rope.scaling.low",               KEY_NUMBER,  AT(low),              1e-3,  1e6,             LLAMA3,                   NULL },
    { "rope.scaling.high",              KEY_NUMBER,  AT(high),             1e-3,  1e6,             LLAMA3,                   NULL },
    { "rope.scaling.beta_fast",         KEY_NUMBER,  AT(beta_fast),        1e-3,  1e6,             YARN,                     NULL },
    { "rope.scaling.beta_slow",         KEY_NUMBER,  AT(beta_slow),        1e-3,  1e6,             YARN,                     NULL },
    { "rope.scaling.truncate",          KEY_CHOICE,  AT(truncate),         0.0,   0.0,             YARN,                     "false true" },
    { "rope.scaling.attention_factor",  KEY_NUMBER,  AT(attention_factor), 0.0,   1e3,             YARN | LONGROPE,          NULL },
    { "rope.scaling.mscale",            KEY_NUMBER,  AT(mscale),           0.0,   1e3,             YARN,                     NULL },
    { "rope.scaling.mscale_all_dim",    KEY_NUMBER,  AT(mscale_all_dim),   0.0,   1e3,             YARN,                     NULL },
    { "rope.scaling.short",             KEY_NUMBERS, AT(divisors[0]),      1e-3,  1e6,             LONGROPE,                 NULL },
    { "rope.scaling.long",              KEY_NUMBERS, AT(divisors[1]),      1e-3,  1e6,             LONGROPE,                 NULL },
    { "rope.scaling.use",               KEY_CHOICE,  AT(use_long),         0.0,   0.0,             LONGROPE,                 "short long" },
    { "cache",                          KEY_CHOICE,  AT(cache_k.type),     0.0,   0.0,             OPTIONAL,                 CACHES },
    { "cache.block",                    KEY_INTEGER, AT(cache_k.block),    0.0,   REFERENCE_D,     OPTIONAL,                 NULL },
    { "cache.k",                        KEY_CHOICE,  AT(cache_k.type),     0.0,   0.0,             OPTIONAL,                 CACHES },
    { "cache.k.block",                  KEY_INTEGER, AT(cache_k.block),    0.0,   REFERENCE_D,     OPTIONAL,                 NULL },
    { "cache.v",                        KEY_CHOICE,  AT(cache_v.type),     0.0,   0.0,             OPTIONAL,                 CACHES },
    { "cache.v.block",                  KEY_INTEGER, AT(cache_v.block),    0.0,   REFERENCE_D,     OPTIONAL,                 NULL },
    { "compute",                        KEY_CHOICE,  AT(compute),          0.0,   0.0,             OPTIONAL,                 "f32 bf16 int8" },
    { "layout",                         KEY_CHOICE,  AT(layout),           0.0,   0.0,             OPTIONAL,                 "contiguous paged ring" },
    { "matrix",                         KEY_CHOICE,  AT(matrix),           0.0,   0.0,             OPTIONAL,                 "none product scored masked normalized" },
    { "matrix.heads",                   KEY_HEADS,   AT(matrix_heads),     0.0,   REFERENCE_HEADS - 1, OPTIONAL,             NULL },
    { "column_sums",                    KEY_CHOICE,  AT(column_sums),      0.0,   0.0,             OPTIONAL,                 "false true" },
    { "paged.tokens",                   KEY_INTEGER, AT(page_tokens),      1.0,   65536.0,         OPTIONAL,                 NULL },
};

#undef AT
#undef CACHES

enum { KEYS = sizeof keys / sizeof *keys };

bool reference_line_refuse(const struct reader *reader, const char *format, ...)
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
            reference_line_refuse(reader, "a definition's '%s' stands once, followed by '=' and a value", keys[i].name);
            return NULL;
        }
        reader->seen |= UINT64_C(1) << i;
        reader->at += length + 1;
        return &keys[i];
    }
    reference_line_refuse(reader, "a definition has no '%.*s'", (int)(length < 40 ? length : 40), reader->at);
    return NULL;
}

/* The value that follows, quoted or not. */
static bool value_read(struct reader *reader, const struct key *key, char value[VALUE_BYTES])
{
    const bool quoted = *reader->at == '"';
    reader->at += quoted;
    const size_t length = strcspn(reader->at, quoted ? "\"" : " ");
    if (quoted && reader->at[length] != '"')
        return reference_line_refuse(reader, "the quote after %s= does not end", key->name);
    if (length == 0 || length >= VALUE_BYTES)
        return reference_line_refuse(reader, "the value of %s has %zu bytes; expected 1 to %d", key->name, length,
                             VALUE_BYTES - 1);
    memcpy(value, reader->at, length);
    value[length] = '\0';
    reader->at += length + quoted;
    return true;
}

/* The number that text starts with, ended by end or by the text's own end. */
static bool number_read(struct reader *reader, const struct key *key, const char **text, char end, double *number)
{
    char *after;
    *number = strtod(*text, &after);
    if ((*after != '\0' && *after != end) || !(*number >= key->min && *number <= key->max))
        return reference_line_refuse(reader, "%s is %.40s; expected a number from %g to %g", key->name, *text, key->min,
                             key->max);
    *text = after;
    return true;
}

static bool number_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    double number;
    return number_read(reader, key, &value, '\0', &number) && memcpy(field, &number, sizeof number) != NULL;
}

static bool integer_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    const char *text = value;
    double number;
    if (!number_read(reader, key, &text, '\0', &number))
        return false;
    const int integer = (int)number;
    if (integer != number)
        return reference_line_refuse(reader, "%s is %.40s; expected a whole number", key->name, value);
    memcpy(field, &integer, sizeof integer);
    return true;
}

/* 1,1.5,2 */
static bool numbers_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    struct divisors *divisors = field;
    const int most = sizeof divisors->list / sizeof *divisors->list;
    for (divisors->count = 0; divisors->count < most; value++) {
        if (!number_read(reader, key, &value, ',', &divisors->list[divisors->count++]))
            return false;
        if (*value == '\0')
            return true;
    }
    return reference_line_refuse(reader, "%s has more than %d numbers", key->name, most);
}

/* 0,2,5: ascending */
static bool heads_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    struct head_list *heads = field;
    for (heads->count = 0; heads->count < REFERENCE_HEADS; value++) {
        double number;
        if (!number_read(reader, key, &value, ',', &number))
            return false;
        const int last = heads->count == 0 ? -1 : heads->list[heads->count - 1];
        if (number <= last || number != (int)number)
            return reference_line_refuse(reader, "%s has %g after %d; expected whole numbers in ascending order", key->name, number, last);
        heads->list[heads->count++] = (int)number;
        if (*value == '\0')
            return true;
    }
    return reference_line_refuse(reader, "%s has more than %d numbers", key->name, REFERENCE_HEADS);
}

/* The index of the word among the key's choices. */
static bool choice_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    int index = 0;
    for (const char *choice = key->choices; *choice != '\0'; index++) {
        const size_t length = strcspn(choice, " ");
        if (strlen(value) == length && memcmp(value, choice, length) == 0) {
            memcpy(field, &index, sizeof index);
            return true;
        }
        choice += length + (choice[length] == ' ');
    }
    return reference_line_refuse(reader, "%s is %.40s; the reference knows %s", key->name, value, key->choices);
}

/* Expressions and arrays are parsed when the rest of the line is known. */
static bool expression_store(struct reader *reader, const struct key *key, const char *value, void *field)
{
    (void)field;
    char *to = key->type == KEY_MASK ? reader->mask : key->type == KEY_SCORE ? reader->score : reader->arrays;
    memcpy(to, value, strlen(value) + 1);
    return true;
}

static bool pair_read(struct reader *reader)
{
    static bool (*const store[])(struct reader *, const struct key *, const char *, void *) = {
        [KEY_INTEGER] = integer_store, [KEY_NUMBER] = number_store, [KEY_NUMBERS] = numbers_store,
        [KEY_CHOICE]  = choice_store,  [KEY_MASK]   = expression_store, [KEY_SCORE] = expression_store,
        [KEY_ARRAYS]  = expression_store, [KEY_HEADS] = heads_store,
    };
    char value[VALUE_BYTES];
    const struct key *key = key_read(reader);
    return key != NULL && value_read(reader, key, value)
        && store[key->type](reader, key, value, (char *)reader->line + key->offset);
}

/* Of those that have keys, the ones that the line has. */
static int line_parts(const struct reference_line *line)
{
    return (line->rotates ? 1 << line->scaling : 0)
         | (line->q_norm.kind != NORM_NONE ? Q_NORM : 0) | (line->q_norm.kind == NORM_LAYER ? Q_LAYER : 0)
         | (line->k_norm.kind != NORM_NONE ? K_NORM : 0) | (line->k_norm.kind == NORM_LAYER ? K_LAYER : 0);
}

/* Every key stands there, those of a part exactly when the line has that part. */
static bool keys_check(const struct reader *reader)
{
    const struct reference_line *line = reader->line;
    const int parts = line_parts(line);
    for (int i = 0; i < KEYS; i++) {
        const bool found = (reader->seen >> i & 1) != 0;
        if (keys[i].parts == OPTIONAL)
            continue;
        const bool expected = keys[i].parts == 0 || (keys[i].parts & parts) != 0;
        if (!found && expected)
            return reference_line_refuse(reader, "%s is missing", keys[i].name);
        if (found && !expected)
            return reference_line_refuse(reader, "%s stands without %s", keys[i].name,
                                 (keys[i].parts & ROPE) == 0 ? "the norm that has it"
                                 : line->rotates ? "the scaling that has it" : "position=rope");
    }
    return true;
}

bool reference_line_has(const struct reader *reader, const char *name)
{
    for (int i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return (reader->seen >> i & 1) != 0;
    return false;
}

bool reference_line_read(struct reference_line *line, const char *text, char *error, size_t error_size)
{
    static const char family[] = "softmax";
    struct reader reader = { .line = line, .at = text, .error = error, .error_size = error_size, .score = "s" };
    *line = (struct reference_line){ 0 };
    const size_t length = strcspn(text, " ");
    if (length != strlen(family) || memcmp(text, family, length) != 0)
        return reference_line_refuse(&reader, "a definition begins with '%s'; found '%.*s'", family,
                             (int)(length < 40 ? length : 40), text);
    reader.at += length;
    while (*reader.at != '\0') {
        if (*reader.at++ != ' ')
            return reference_line_refuse(&reader, "expected a blank before '%.40s'", reader.at - 1);
        if (!pair_read(&reader))
            return false;
    }
    return keys_check(&reader) && reference_line_check(&reader);
}
