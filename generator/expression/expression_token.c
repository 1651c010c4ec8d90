#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "expression_parser.h"

static bool byte_is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static size_t symbol_length(const char *start)
{
    static const char *const pairs[] = { "==", "~=", "<=", ">=", "//", "!=", "&&", "||" };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(start, pairs[i], 2) == 0)
            return 2;
    return 1;
}

/* The digits, letters and points that start as a number, with the sign of an exponent. */
static size_t number_length(const char *start)
{
    size_t length = 1;
    while (byte_is_word(start[length]) || start[length] == '.'
           || ((start[length] == '-' || start[length] == '+') && tolower((unsigned char)start[length - 1]) == 'e'))
        length++;
    return length;
}

static size_t word_length(const char *start)
{
    size_t length = 1;
    while (byte_is_word(start[length]))
        length++;
    return length;
}

struct token token_read(const char *at)
{
    struct token token = { TOKEN_END, at + strspn(at, " \t\r\n"), 0 };
    const char *start = token.start;
    if (*start == '\0')
        return token;
    token.kind = isdigit((unsigned char)*start) ? TOKEN_NUMBER : byte_is_word(*start) ? TOKEN_WORD : TOKEN_SYMBOL;
    token.length = token.kind == TOKEN_SYMBOL ? symbol_length(start)
                 : token.kind == TOKEN_NUMBER ? number_length(start) : word_length(start);
    return token;
}

bool token_is(const struct token *token, const char *string)
{
    return token->length == strlen(string) && strncmp(token->start, string, token->length) == 0;
}

void token_describe(const struct token *token, char *text, size_t size)
{
    if (token->kind == TOKEN_END)
        snprintf(text, size, "the end");
    else if (isgraph((unsigned char)*token->start))
        snprintf(text, size, "'%.*s'", (int)(token->length > WORD_BYTES ? WORD_BYTES : token->length), token->start);
    else
        snprintf(text, size, "byte 0x%02x", (unsigned char)*token->start);
}
