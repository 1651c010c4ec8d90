#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "report.h"

enum {
    SENTENCE_BYTES = 1024,    /* longer sentences are cut */
    WORD_BYTES     = 32,      /* longer words have no nearest one, */
    SHORT_WORD     = 4        /* and of a shorter one the first letter is right */
};

/* Control bytes of a quoted input must not reach the terminal. */
static void sentence_print(FILE *out, const char *sentence)
{
    for (const char *s = sentence; *s != '\0'; s++) {
        unsigned char byte = (unsigned char)*s;
        if (byte < 0x20 || byte == 0x7f)
            fprintf(out, "\\x%02x", byte);
        else
            fputc(byte, out);
    }
    fputc('\n', out);
}

static void where_print(FILE *out, struct where where)
{
    fputs(where.file == NULL ? "attngen" : where.file, out);
    if (where.file != NULL && where.line > 0)
        fprintf(out, ":%d", where.line);
    fputs(": ", out);
}

void report_error(struct report *report, struct where where, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    report->errors++;
    if (report->errors == REPORT_LIMIT + 1)
        fprintf(report->out, "attngen: there are more errors; these are the first %d\n", REPORT_LIMIT);
    if (report->errors > REPORT_LIMIT)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    where_print(report->out, where);
    sentence_print(report->out, sentence);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
** Edits that turn a into b: a byte put in, left out, changed, or two neighbours
** swapped. row[i % 3][j] is the distance of the first i bytes of a and j of b.
*/
static size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[3][WORD_BYTES + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = row[i % 3];
        const size_t *before = row[(i + 2) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            now[j] = before[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smaller(now[j], smaller(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], row[(i + 1) % 3][j - 2] + 1);
        }
    }
    return row[a_length % 3][b_length];
}

const char *report_nearest(const char *word, const char *const *words)
{
    size_t length = strlen(word);
    if (length > WORD_BYTES)
        return NULL;
    const char *nearest = NULL;
    size_t best = (length == 2 ? 1 : length / 3) + 1;      /* one edit for every three letters, and for two */
    for (; *words != NULL; words++) {
        size_t candidate_length = strlen(*words);
        if (candidate_length > WORD_BYTES || (length < SHORT_WORD && word[0] != (*words)[0]))
            continue;
        size_t distance = word_distance(word, length, *words, candidate_length);
        if (distance < best && distance < candidate_length) {
            best = distance;
            nearest = *words;
        }
    }
    return nearest;
}
