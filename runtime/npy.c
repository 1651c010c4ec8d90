/*
** See npy.h. The header is a Python dictionary; only what NumPy itself writes is understood.
*/
#include "npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";

enum {
    MAGIC        = sizeof magic - 1,
    HEADER_ALIGN = 64,
    HEADER_LIMIT = 1024,              /* bytes of a header that is read */
    LARGEST      = 1 << 24            /* rows and columns */
};

bool npy_is(const struct mapping *mapping)
{
    return mapping->size >= MAGIC && memcmp(mapping->bytes, magic, MAGIC) == 0;
}

/* Copies the header's text and gives where the numbers begin; 0 when there is none. */
static size_t header_copy(const struct mapping *mapping, char text[HEADER_LIMIT])
{
    const unsigned char *bytes = mapping->bytes;
    if (mapping->size < 12 || bytes[6] < 1 || bytes[6] > 3)
        return 0;
    const size_t begin = bytes[6] == 1 ? 10 : 12;
    const size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8
        | (bytes[6] == 1 ? 0 : (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24);
    if (length >= HEADER_LIMIT || length > mapping->size - begin)
        return 0;
    memcpy(text, bytes + begin, length);
    text[length] = '\0';
    return begin + length;
}

/* "(3, 5)" or "(5,)" */
static bool shape_parse(struct npy_integers *array, const char *text)
{
    char *end;
    array->rows = 1;
    array->columns = strtoll(text + 1, &end, 10);
    if (end == text + 1 || *end != ',')
        return false;
    if (end[1] != ')') {
        array->rows = array->columns;
        text = end;
        array->columns = strtoll(text + 1, &end, 10);
        if (end == text + 1 || *end != ')')
            return false;
    }
    return array->rows >= 0 && array->rows <= LARGEST && array->columns >= 0 && array->columns <= LARGEST;
}

static bool header_parse(struct npy_integers *array, const char *text)
{
    const char *shape = strstr(text, "'shape': (");
    array->bytes_each = strstr(text, "'descr': '<i4'") != NULL ? 4 : strstr(text, "'descr': '<i8'") != NULL ? 8 : 0;
    return array->bytes_each != 0 && strstr(text, "'fortran_order': False") != NULL && shape != NULL
        && shape_parse(array, strchr(shape, '('));
}

bool npy_read_integers(struct npy_integers *array, const struct mapping *mapping, const char *path,
                       struct problem *problem)
{
    char text[HEADER_LIMIT];
    const size_t begin = header_copy(mapping, text);
    if (begin == 0 || !header_parse(array, text))
        return problem_set(problem, "%s: not an array of int32 or int64 with one or two axes, C order, "
                           "little-endian", path);
    const uint64_t needed = (uint64_t)array->rows * (uint64_t)array->columns * (uint64_t)array->bytes_each;
    if (needed > mapping->size - begin)
        return problem_set(problem, "%s: %" PRId64 " times %" PRId64 " numbers are more than the file has",
                           path, array->rows, array->columns);
    array->bytes = mapping->bytes + begin;
    return true;
}

int64_t npy_integer(const struct npy_integers *array, int64_t index)
{
    const unsigned char *at = array->bytes + index * array->bytes_each;
    if (array->bytes_each == 4) {
        int32_t narrow;
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    int64_t wide;
    memcpy(&wide, at, sizeof wide);
    return wide;
}

static bool header_write(FILE *file, int64_t rows, int64_t width)
{
    char text[256];
    const int dictionary = snprintf(text, sizeof text,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRId64 ", %" PRId64 "), }", rows, width);
    const int total = (MAGIC + 4 + dictionary + HEADER_ALIGN) / HEADER_ALIGN * HEADER_ALIGN;
    const int length = total - MAGIC - 4;
    const unsigned char version_length[4] = { 1, 0, (unsigned char)length, (unsigned char)(length >> 8) };
    return fwrite(magic, 1, MAGIC, file) == MAGIC && fwrite(version_length, 1, 4, file) == 4
        && fprintf(file, "%-*s\n", length - 1, text) == length;
}

static bool blocks_write(FILE *file, const struct npy_block *blocks, int count, int64_t width)
{
    int64_t rows = 0;
    for (int i = 0; i < count; i++)
        rows += blocks[i].rows;
    if (!header_write(file, rows, width))
        return false;
    for (int i = 0; i < count; i++) {
        const size_t floats = (size_t)(blocks[i].rows * width);
        if (floats > 0 && fwrite(blocks[i].floats, sizeof(float), floats, file) != floats)
            return false;
    }
    return true;
}

bool npy_write(const char *path, const struct npy_block *blocks, int count, int64_t width, struct problem *problem)
{
    char beside[4096];
    if (snprintf(beside, sizeof beside, "%s.part", path) >= (int)sizeof beside)
        return problem_set(problem, "%.200s...: the path is too long", path);
    FILE *file = fopen(beside, "wb");
    if (file == NULL)
        return problem_set(problem, "%s: cannot be written: %s", path, strerror(errno));
    const bool written = blocks_write(file, blocks, count, width);
    if (fclose(file) == 0 && written && rename(beside, path) == 0)
        return true;
    problem_set(problem, "%s: cannot be written: %s", path, strerror(errno));
    remove(beside);
    return false;
}
