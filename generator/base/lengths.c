#include "lengths.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A list on its way from text to numbers. */
struct reading {
    struct lengths *lengths;
    const char *at;
    int32_t min, max;
};

static bool number_take(struct reading *reading, int64_t *number)
{
    char *end;
    if (!isdigit((unsigned char)*reading->at))
        return false;
    *number = strtol(reading->at, &end, 10);
    reading->at = end;
    return *number >= reading->min && *number <= reading->max;
}

static bool text_take(struct reading *reading, const char *text)
{
    const size_t length = strlen(text);
    const bool there = strncmp(reading->at, text, length) == 0;
    reading->at += there ? length : 0;
    return there;
}

/* The factor of a range that multiplies; 1 for one that counts. */
static bool factor_take(struct reading *reading, int64_t *factor)
{
    char *end;
    *factor = 1;
    if (!text_take(reading, "*"))
        return true;
    *factor = strtol(reading->at, &end, 10);
    reading->at = end;
    return *factor >= 2 && *factor <= reading->max;
}

/* One number, or a range. */
static bool part_take(struct reading *reading)
{
    struct lengths *lengths = reading->lengths;
    int64_t first, last, factor = 1;
    if (!number_take(reading, &first))
        return false;
    last = first;
    if (text_take(reading, "..") && (!number_take(reading, &last) || !factor_take(reading, &factor) || last < first))
        return false;
    for (int64_t number = first; number <= last; number = factor > 1 ? number * factor : number + 1) {
        if (lengths->count == LENGTHS_MOST)
            return false;
        lengths->list[lengths->count++] = (int32_t)number;
    }
    return true;
}

bool lengths_read(struct lengths *lengths, const char *text, int32_t min, int32_t max)
{
    struct reading reading = { lengths, text, min, max };
    lengths->count = 0;
    do {
        if (!part_take(&reading))
            return false;
    } while (text_take(&reading, ","));
    return *reading.at == '\0';
}
