#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum {
    TEXT_FIRST_ROOM = 256,
    NUMBER_DIGITS = 17           /* always enough for a double */
};

struct text text_start(struct arena *arena)
{
    struct text text = { .arena = arena, .room = TEXT_FIRST_ROOM };
    text.data = arena_alloc(arena, text.room, 1);
    return text;
}

/* Room for length more bytes and the closing zero. */
static void text_reserve(struct text *text, size_t length)
{
    if (length < text->room - text->length)
        return;
    size_t room = text->room + length + 1 > 2 * text->room ? text->room + length + 1 : 2 * text->room;
    char *data = arena_alloc(text->arena, room, 1);
    memcpy(data, text->data, text->length);
    text->data = data;
    text->room = room;
}

void text_add(struct text *text, const char *data, size_t length)
{
    if (length == 0)
        return;
    text_reserve(text, length);
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_cut(struct text *text, size_t length)
{
    if (length < text->length) {
        text->length = length;
        text->data[length] = '\0';
    }
}

void text_put(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        text_reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_number(struct text *text, double number)
{
    char digits[64];
    if (number > -1e15 && number < 1e15 && (double)(int64_t)number == number) {
        text_format(text, "%.0f", number);
        return;
    }
    for (int precision = 1; precision <= NUMBER_DIGITS; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    text_put(text, digits);
}

/* FNV-1a. */
const char *text_digest(const struct text *text)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text->length; i++)
        digest = (digest ^ (unsigned char)text->data[i]) * UINT64_C(0x100000001b3);
    return arena_format(text->arena, "%016llx", (unsigned long long)digest);
}
