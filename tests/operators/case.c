#include "case.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../generator/base/file.h"
#include "case_values.h"

struct reader {
    const char *folder;
    struct where where;
    struct operator_case *found;
    struct arena *arena;
    struct report *report;
    char *words[CASE_WORDS];               /* of the line */
    int count;
};

/* false, after a report, unless text is an integer of 0..limit. */
static bool read_integer(struct reader *reader, const char *text, int64_t limit, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && *value >= 0 && *value <= limit)
        return true;
    report_error(reader->report, reader->where, "found '%.40s', expected an integer of 0 to %lld", text, (long long)limit);
    return false;
}

static bool read_size(struct reader *reader, const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(*value) && *value >= 0)
        return true;
    report_error(reader->report, reader->where, "found '%.40s', expected a number that is not negative", text);
    return false;
}

/* false, after a report, when another item would be one too many. */
static bool has_room(struct reader *reader, int count, int limit)
{
    if (count < limit)
        return true;
    report_error(reader->report, reader->where, "more than %d lines of '%s'", limit, reader->words[0]);
    return false;
}

static bool read_name(struct reader *reader)
{
    struct operator_case *found = reader->found;
    const char **name = strcmp(reader->words[0], "op") == 0 ? &found->operator_name
                      : strcmp(reader->words[0], "domain") == 0 ? &found->domain : &found->name;
    *name = reader->words[1];
    return true;
}

static bool read_opset(struct reader *reader)
{
    int64_t opset;
    if (!read_integer(reader, reader->words[1], 1000, &opset))
        return false;
    reader->found->opset = (int)opset;
    return true;
}

/* Integers are exact in a double. */
static bool read_number(struct reader *reader, const char *text, bool whole, double *number)
{
    char *end;
    *number = strtod(text, &end);
    if (end != text && *end == '\0' && !isnan(*number)
        && (!whole || (fabs(*number) <= 0x1p53 && *number == nearbyint(*number))))
        return true;
    report_error(reader->report, reader->where, "found '%.40s', expected %s", text, whole ? "an integer" : "a number");
    return false;
}

static bool read_items(struct reader *reader, struct case_attribute *attribute)
{
    const bool whole = strcmp(attribute->type, "i") == 0 || strcmp(attribute->type, "list") == 0;
    const bool numbers = whole || strcmp(attribute->type, "f") == 0;
    attribute->count = reader->count - 3;
    for (int i = 0; i < attribute->count; i++) {
        attribute->texts[i] = reader->words[3 + i];
        if (numbers && !read_number(reader, attribute->texts[i], whole, &attribute->numbers[i]))
            return false;
    }
    return true;
}

static bool read_attribute(struct reader *reader)
{
    static const char *const types[] = { "i", "f", "s", "list", "graph" };
    struct operator_case *found = reader->found;
    if (!has_room(reader, found->attribute_count, CASE_ATTRIBUTES))
        return false;
    struct case_attribute *attribute = &found->attributes[found->attribute_count++];
    *attribute = (struct case_attribute){ .name = reader->words[1], .type = reader->words[2] };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], attribute->type) == 0)
            return read_items(reader, attribute);
    report_error(reader->report, reader->where, "found the type '%.40s', expected i, f, s, list or graph", attribute->type);
    return false;
}

static bool read_tolerance(struct reader *reader)
{
    struct operator_case *found = reader->found;
    struct case_tolerance tolerance = { .role = reader->words[1] };
    if (!has_room(reader, found->tolerance_count, CASE_TOLERANCES)
        || !read_size(reader, reader->words[3], &tolerance.absolute)
        || !read_size(reader, reader->words[5], &tolerance.relative))
        return false;
    found->tolerances[found->tolerance_count++] = tolerance;
    return true;
}

/* The words from the rank on. */
static bool read_shape(struct reader *reader, struct case_tensor *tensor)
{
    int64_t rank;
    if (!read_integer(reader, reader->words[4], CASE_RANK, &rank))
        return false;
    if (reader->count != 5 + rank) {
        report_error(reader->report, reader->where, "%d dimensions, expected %d", reader->count - 5, (int)rank);
        return false;
    }
    tensor->rank = (int)rank;
    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (!read_integer(reader, reader->words[5 + i], CASE_TENSOR_VALUES, &tensor->dims[i]))
            return false;
        tensor->count *= tensor->dims[i];
        if (tensor->count > CASE_TENSOR_VALUES) {
            report_error(reader->report, reader->where, "a tensor of more than %d values", CASE_TENSOR_VALUES);
            return false;
        }
    }
    return true;
}

/* Only files of the folder itself are read. */
static bool read_values(struct reader *reader, struct case_tensor *tensor, const char *file)
{
    if (strchr(file, '/') != NULL) {
        report_error(reader->report, reader->where, "found '%.40s', expected the name of a file beside case.txt", file);
        return false;
    }
    const size_t expected = (size_t)tensor->count * (size_t)case_type_bytes(tensor->type);
    size_t length;
    const char *path = arena_format(reader->arena, "%s/%s", reader->folder, file);
    const char *bytes = file_read(path, CASE_TENSOR_VALUES * sizeof(double), &length, reader->arena, reader->report);
    if (bytes == NULL)
        return false;
    if (length != expected) {
        report_error(reader->report, reader->where, "%s has %zu bytes, expected %zu", file, length, expected);
        return false;
    }
    tensor->values = case_values(tensor, bytes, reader->arena);
    return true;
}

static bool read_tensor(struct reader *reader)
{
    struct operator_case *found = reader->found;
    if (!has_room(reader, found->tensor_count, CASE_TENSORS))
        return false;
    struct case_tensor *tensor = &found->tensors[found->tensor_count++];
    tensor->is_output = strcmp(reader->words[0], "output") == 0;
    tensor->role = reader->words[1];
    tensor->type = reader->words[2];
    if (case_type_bytes(tensor->type) == 0) {
        report_error(reader->report, reader->where, "found the type '%.40s', expected f16, bf16, f32, f64, i32, i64 or bool",
                     tensor->type);
        return false;
    }
    return read_shape(reader, tensor) && read_values(reader, tensor, reader->words[3]);
}

static const struct item {
    const char *name;
    int least, most;                       /* words of the line */
    bool (*read)(struct reader *reader);
} items[] = {
    { "test", 2, 2, read_name },           { "op", 2, 2, read_name },
    { "domain", 2, 2, read_name },         { "opset", 2, 2, read_opset },
    { "attr", 4, CASE_WORDS, read_attribute },
    { "tolerance", 6, 6, read_tolerance },
    { "input", 5, 5 + CASE_RANK, read_tensor }, { "output", 5, 5 + CASE_RANK, read_tensor },
};

static bool read_words(struct reader *reader, char *line)
{
    char *rest;
    reader->count = 0;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (reader->count == CASE_WORDS) {
            report_error(reader->report, reader->where, "more than %d words on a line", CASE_WORDS);
            return false;
        }
        reader->words[reader->count++] = word;
    }
    return true;
}

static bool read_line(struct reader *reader, char *line)
{
    if (!read_words(reader, line))
        return false;
    if (reader->count == 0)
        return true;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        if (strcmp(items[i].name, reader->words[0]) != 0)
            continue;
        if (reader->count >= items[i].least && reader->count <= items[i].most)
            return items[i].read(reader);
        report_error(reader->report, reader->where, "%d words on a line of '%s', expected %d to %d",
                     reader->count, items[i].name, items[i].least, items[i].most);
        return false;
    }
    report_error(reader->report, reader->where, "found '%.40s', expected test, op, domain, opset, attr, tolerance, "
                 "input or output", reader->words[0]);
    return false;
}

static bool read_lines(struct reader *reader, char *text, size_t length)
{
    if (memchr(text, '\0', length) != NULL) {
        report_error(reader->report, reader->where, "a zero byte, expected text");
        return false;
    }
    for (char *line = text; line != NULL; ) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        reader->where.line++;
        if (!read_line(reader, line))
            return false;
        line = end;
    }
    return true;
}

struct operator_case *case_read(const char *folder, struct arena *arena, struct report *report)
{
    const char *path = arena_format(arena, "%s/case.txt", folder);
    struct reader reader = { .folder = folder, .where = { path, 0 }, .arena = arena, .report = report,
                             .found = arena_alloc(arena, 1, sizeof(struct operator_case)) };
    size_t length;
    char *text = file_read(path, CASE_TEXT_BYTES, &length, arena, report);
    if (text == NULL || !read_lines(&reader, text, length))
        return NULL;
    if (reader.found->name != NULL && reader.found->operator_name != NULL)
        return reader.found;
    report_error(report, (struct where){ path, 0 }, "the case has no line of 'test' or of 'op'");
    return NULL;
}

static const struct case_tensor *find_tensor(const struct operator_case *found, const char *role, bool is_output)
{
    for (int i = 0; i < found->tensor_count; i++)
        if (found->tensors[i].is_output == is_output && strcmp(found->tensors[i].role, role) == 0)
            return &found->tensors[i];
    return NULL;
}

const struct case_tensor *case_input(const struct operator_case *found, const char *role)
{
    return find_tensor(found, role, false);
}

const struct case_tensor *case_output(const struct operator_case *found, const char *role)
{
    return find_tensor(found, role, true);
}

const struct case_attribute *case_attribute(const struct operator_case *found, const char *name)
{
    for (int i = 0; i < found->attribute_count; i++)
        if (strcmp(found->attributes[i].name, name) == 0)
            return &found->attributes[i];
    return NULL;
}

double case_number(const struct operator_case *found, const char *name, double otherwise)
{
    const struct case_attribute *attribute = case_attribute(found, name);
    return attribute == NULL ? otherwise : attribute->numbers[0];
}

int32_t case_integer(const struct operator_case *found, const char *name, int32_t otherwise)
{
    return (int32_t)fmax(-INT32_MAX, fmin(INT32_MAX, case_number(found, name, otherwise)));
}

const struct case_tolerance *case_tolerance(const struct operator_case *found, const char *role)
{
    for (int i = 0; i < found->tolerance_count; i++)
        if (strcmp(found->tolerances[i].role, role) == 0)
            return &found->tolerances[i];
    return NULL;
}
