/*
** See prompt.h.
*/
#include "prompt.h"

#include <inttypes.h>
#include <string.h>

#include "mapping.h"
#include "npy.h"

/* What the functions below share. */
struct reading {
    const char *path;
    struct prompt *prompt;
    struct memory *memory;
    struct problem *problem;
};

static bool prompt_begin(const struct reading *reading, int64_t sequences)
{
    if (sequences > PROMPT_SEQUENCES)
        return problem_set(reading->problem, "%s: more than %d sequences", reading->path, PROMPT_SEQUENCES);
    reading->prompt->sequences = memory_take(reading->memory, (size_t)sequences, sizeof *reading->prompt->sequences,
                                             reading->problem);
    return reading->prompt->sequences != NULL;
}

static int64_t lines_count(const struct mapping *text)
{
    int64_t count = 1;
    for (size_t i = 0; i < text->size; i++)
        count += text->bytes[i] == '\n';
    return count;
}

/* A number of up to nine digits at *at, which it moves on; -1 when there is none. */
static int32_t number_read(const unsigned char **at, const unsigned char *end)
{
    int32_t number = 0;
    int digits = 0;
    while (*at < end && **at >= '0' && **at <= '9' && digits++ < 9)
        number = number * 10 + *(*at)++ - '0';
    return digits == 0 || digits > 9 ? -1 : number;
}

static const unsigned char *blanks_skip(const unsigned char *at, const unsigned char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* Tokens of the line that begins at *at and ends before end; into tokens. -1 after a sentence. */
static int64_t line_read(const struct reading *reading, const unsigned char *at, const unsigned char *end, int line,
                         int32_t *tokens)
{
    int64_t count = 0;
    for (at = blanks_skip(at, end); at < end; at = blanks_skip(at, end)) {
        tokens[count] = number_read(&at, end);
        if (tokens[count++] < 0 || (at < end && blanks_skip(at, end) == at)) {
            problem_set(reading->problem, "%s:%d: token %" PRId64 " of the line is not a token id", reading->path,
                        line, count);
            return -1;
        }
    }
    return count;
}

/* Lines without tokens are no sequences. */
static bool text_read(const struct reading *reading, const struct mapping *text)
{
    const unsigned char *at = text->bytes, *end = text->bytes + text->size;
    int32_t *tokens = memory_take_large(reading->memory, text->size / 2 + 1, sizeof *tokens, reading->problem);
    if (tokens == NULL || !prompt_begin(reading, lines_count(text)))
        return false;
    for (int line = 1; at < end; line++) {
        const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
        const unsigned char *line_end = newline != NULL ? newline : end;
        const int64_t count = line_read(reading, at, line_end, line, tokens);
        if (count < 0)
            return false;
        if (count > 0)
            reading->prompt->sequences[reading->prompt->count++] = (struct prompt_sequence){ tokens, count };
        tokens += count;
        at = line_end + (newline != NULL);
    }
    return true;
}

static bool array_read(const struct reading *reading, const struct npy_integers *array)
{
    const int64_t count = array->rows * array->columns;
    if (count > PROMPT_TOKENS)
        return problem_set(reading->problem, "%s: more than %d tokens", reading->path, PROMPT_TOKENS);
    int32_t *tokens = memory_take_large(reading->memory, (size_t)count, sizeof *tokens, reading->problem);
    if (tokens == NULL || !prompt_begin(reading, array->rows))
        return false;
    for (int64_t i = 0; i < count; i++) {
        const int64_t token = npy_integer(array, i);
        if (token < 0 || token > INT32_MAX)
            return problem_set(reading->problem, "%s: %" PRId64 " is not a token id", reading->path, token);
        tokens[i] = (int32_t)token;
    }
    for (int64_t row = 0; row < array->rows; row++)
        reading->prompt->sequences[reading->prompt->count++] =
            (struct prompt_sequence){ tokens + row * array->columns, array->columns };
    return true;
}

static bool mapping_read(const struct reading *reading, const struct mapping *mapping)
{
    struct npy_integers array;
    if (mapping->size == 0)
        return true;
    if (npy_is(mapping))
        return npy_read_integers(&array, mapping, reading->path, reading->problem) && array_read(reading, &array);
    if (mapping->size > PROMPT_TOKENS)
        return problem_set(reading->problem, "%s: larger than %d bytes", reading->path, PROMPT_TOKENS);
    return text_read(reading, mapping);
}

int64_t prompt_longest(const struct prompt *prompt)
{
    int64_t longest = 0;
    for (int i = 0; i < prompt->count; i++)
        if (prompt->sequences[i].length > longest)
            longest = prompt->sequences[i].length;
    return longest;
}

bool prompt_read(struct prompt *prompt, const char *path, struct memory *memory, struct problem *problem)
{
    struct mapping mapping;
    const struct reading reading = { path, prompt, memory, problem };
    *prompt = (struct prompt){ NULL, 0 };
    if (!mapping_open(&mapping, path, problem))
        return false;
    const bool read = mapping_read(&reading, &mapping);
    mapping_close(&mapping);
    if (read && prompt->count == 0)
        return problem_set(problem, "%s: no tokens", path);
    return read;
}
