#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "places.h"

enum {
    PLACES_DEPTH = 32,      /* braces within braces; deeper ones have no places */
    PLACES_COUNT = 2048     /* a text made by a program has no use for more */
};

enum token { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_EQUALS, TOKEN_OTHER };

struct lexer {
    const char *at, *end;
    int line;
    const char *start;      /* of the newest token; of its contents for a text in quotes */
    size_t length;
    char byte;              /* of TOKEN_OTHER */
};

/* Open braces: whose they are, and what the next value in them belongs to. */
struct level {
    struct place *owner;    /* NULL: not recorded */
    struct place *key;      /* the field or item that is being read */
    int items;
};

struct reader {
    struct lexer lexer;
    struct arena *arena;
    int count;
    int depth;
    struct level level[PLACES_DEPTH];
};

static bool lexer_sees(const struct lexer *lexer, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, text, length) == 0;
}

static void lexer_skip(struct lexer *lexer, size_t count)
{
    for (; count > 0 && lexer->at < lexer->end; count--)
        lexer->line += *lexer->at++ == '\n';
}

/* The level of a long bracket [==[ at the lexer, or -1. */
static int lexer_long_level(const struct lexer *lexer)
{
    const char *at = lexer->at + 1;
    while (at < lexer->end && *at == '=')
        at++;
    return at < lexer->end && *at == '[' ? (int)(at - lexer->at) - 1 : -1;
}

static void lexer_skip_long(struct lexer *lexer, int level)
{
    lexer_skip(lexer, (size_t)level + 2);
    for (; lexer->at < lexer->end; lexer_skip(lexer, 1)) {
        if (*lexer->at != ']')
            continue;
        const char *at = lexer->at + 1;
        while (at < lexer->end && *at == '=')
            at++;
        if (at < lexer->end && *at == ']' && at - lexer->at == level + 1) {
            lexer_skip(lexer, (size_t)level + 2);
            return;
        }
    }
}

static void lexer_skip_comment(struct lexer *lexer)
{
    lexer_skip(lexer, 2);
    int level = lexer->at < lexer->end && *lexer->at == '[' ? lexer_long_level(lexer) : -1;
    if (level >= 0)
        lexer_skip_long(lexer, level);
    else
        while (lexer->at < lexer->end && *lexer->at != '\n')
            lexer->at++;
}

static void lexer_skip_blank(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (lexer_sees(lexer, "--"))
            lexer_skip_comment(lexer);
        else if (isspace((unsigned char)*lexer->at))
            lexer_skip(lexer, 1);
        else
            return;
    }
}

static enum token lexer_text(struct lexer *lexer)
{
    char quote = *lexer->at;
    lexer_skip(lexer, 1);
    lexer->start = lexer->at;
    while (lexer->at < lexer->end && *lexer->at != quote)
        lexer_skip(lexer, *lexer->at == '\\' ? 2 : 1);
    lexer->length = (size_t)(lexer->at - lexer->start);
    lexer_skip(lexer, 1);
    return TOKEN_TEXT;
}

static bool byte_in_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static enum token lexer_name(struct lexer *lexer)
{
    while (lexer->at < lexer->end && byte_in_name(*lexer->at))
        lexer->at++;
    lexer->length = (size_t)(lexer->at - lexer->start);
    return TOKEN_NAME;
}

/* == ~= <= >= are one token, so that a lone = is an assignment. */
static enum token lexer_operator(struct lexer *lexer)
{
    lexer->byte = *lexer->at;
    bool pair = strchr("=~<>", lexer->byte) != NULL && lexer->at + 1 < lexer->end && lexer->at[1] == '=';
    bool equals = lexer->byte == '=' && !pair;
    lexer_skip(lexer, pair ? 2 : 1);
    return equals ? TOKEN_EQUALS : TOKEN_OTHER;
}

static enum token lexer_next(struct lexer *lexer)
{
    lexer_skip_blank(lexer);
    if (lexer->at == lexer->end)
        return TOKEN_END;
    lexer->start = lexer->at;
    if (byte_in_name(*lexer->at))
        return lexer_name(lexer);
    if (*lexer->at == '"' || *lexer->at == '\'')
        return lexer_text(lexer);
    int level = *lexer->at == '[' ? lexer_long_level(lexer) : -1;
    if (level < 0)
        return lexer_operator(lexer);
    lexer_skip_long(lexer, level);
    lexer->length = 0;
    return TOKEN_TEXT;
}

/* A new last child of owner, or NULL when there are too many. */
static struct place *place_add(struct reader *reader, struct place *owner, const char *name, size_t length, int line)
{
    if (owner == NULL || reader->count == PLACES_COUNT)
        return NULL;
    reader->count++;
    struct place *place = arena_alloc(reader->arena, 1, sizeof *place);
    *place = (struct place){ .name = name, .length = length, .line = line };
    if (owner->last == NULL)
        owner->first = place;
    else
        owner->last->next = place;
    owner->last = place;
    return place;
}

static struct level *reader_level(struct reader *reader)
{
    return reader->depth < PLACES_DEPTH ? &reader->level[reader->depth] : NULL;
}

/* The value that starts now belongs to a field, or it is the next item of the list. */
static struct place *reader_key(struct reader *reader, int line)
{
    struct level *level = reader_level(reader);
    if (level == NULL)
        return NULL;
    if (level->key == NULL && reader->depth > 0) {
        level->key = place_add(reader, level->owner, NULL, 0, line);
        level->items++;
        if (level->key != NULL)
            level->key->item = level->items;
    }
    return level->key;
}

static void reader_open(struct reader *reader, int line)
{
    struct place *owner = reader_key(reader, line);
    reader->depth++;
    if (reader_level(reader) != NULL)
        *reader_level(reader) = (struct level){ .owner = owner };
}

static void reader_operator(struct reader *reader, char byte, int line)
{
    struct level *level = reader_level(reader);
    if (byte == '{')
        reader_open(reader, line);
    else if (byte == '}')
        reader->depth -= reader->depth > 0;
    else if ((byte == ',' || byte == ';') && level != NULL)
        level->key = NULL;
    else if (byte != '[' && byte != ']')
        reader_key(reader, line);
}

static void reader_assign(struct reader *reader, const struct lexer *name)
{
    struct level *level = reader_level(reader);
    if (level != NULL)
        level->key = place_add(reader, level->owner, name->start, name->length, name->line);
}

/* A name or text may turn out to be a key: `name =`, `["name"] =`. Otherwise it is part of a value. */
static enum token reader_word(struct reader *reader)
{
    struct lexer word = reader->lexer;
    enum token token = lexer_next(&reader->lexer);
    if (token == TOKEN_OTHER && reader->lexer.byte == ']')
        token = lexer_next(&reader->lexer);
    if (token != TOKEN_EQUALS) {
        reader_key(reader, word.line);
        return token;
    }
    reader_assign(reader, &word);
    return lexer_next(&reader->lexer);
}

const struct place *places_read(const char *text, size_t length, struct arena *arena)
{
    struct place *root = arena_alloc(arena, 1, sizeof *root);
    struct reader reader = { .lexer = { .at = text, .end = text + length, .line = 1 }, .arena = arena };
    reader.level[0].owner = root;
    enum token token = lexer_next(&reader.lexer);
    while (token != TOKEN_END) {
        if (token == TOKEN_NAME || token == TOKEN_TEXT) {
            token = reader_word(&reader);
            continue;
        }
        if (token == TOKEN_OTHER)
            reader_operator(&reader, reader.lexer.byte, reader.lexer.line);
        token = lexer_next(&reader.lexer);
    }
    return root;
}

static bool place_is(const struct place *place, const char *name)
{
    return place->name != NULL && strlen(name) == place->length && memcmp(place->name, name, place->length) == 0;
}

const struct place *place_field(const struct place *place, const char *name, int from)
{
    const struct place *child = place == NULL ? NULL : place->first;
    while (child != NULL && !(child->line >= from && place_is(child, name)))
        child = child->next;
    return child;
}

const struct place *place_assigned(const struct place *place, const char *name, int to)
{
    const struct place *found = NULL;
    for (const struct place *child = place->first; child != NULL; child = child->next)
        if (child->line <= to && place_is(child, name))
            found = child;
    return found;
}

const struct place *place_item(const struct place *place, int item, int from)
{
    const struct place *child = place == NULL ? NULL : place->first;
    while (child != NULL && !(child->line >= from && child->name == NULL && child->item == item))
        child = child->next;
    return child;
}
