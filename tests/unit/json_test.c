/*
** JSON: what is read, what is refused, what is printed.
*/
#include <math.h>

#include "../../generator/base/file.h"
#include "../../generator/model/json.h"
#include "../../generator/model/tree.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

/* The object in a file with this text, called x.json in messages about it; NULL after a report. */
static struct value *read_text(struct capture *capture, const char *text, size_t length)
{
    char *directory = temporary_make(capture->arena);
    const char *path = arena_format(capture->arena, "%s/x.json", directory);
    CHECK(file_write(path, text, length, &capture->report, NULL));
    struct value *value = json_read(path, capture->arena, &capture->report);
    temporary_remove(directory);
    return value;
}

/* The report about this text contains the sentence. */
static void check_refused(const char *text, size_t length, const char *sentence)
{
    struct capture capture;
    capture_open(&capture);
    CHECK(read_text(&capture, text, length) == NULL);
    if (!CHECK(strstr(capture_text(&capture), sentence) != NULL))
        printf("%s", capture_text(&capture));
    capture_close(&capture);
}

/* Read and printed again. */
static void check_round(const char *text, const char *expected)
{
    struct capture capture;
    capture_open(&capture);
    struct text out = text_start(capture.arena);
    const struct value *value = read_text(&capture, text, strlen(text));
    if (CHECK(value != NULL)) {
        json_write(&out, value);
        CHECK_TEXT(out.data, expected);
    }
    capture_close(&capture);
}

static void every_kind_is_read(void)
{
    struct capture capture;
    static const char text[] = "{ \"b\": true, \"i\": -7, \"n\": 1e-5, \"t\": \"a\\u00e9\", \"l\": [1, null], \"z\": null }";
    capture_open(&capture);
    const struct value *value = read_text(&capture, text, strlen(text));
    if (CHECK(value != NULL)) {
        CHECK(value_field(value, "b")->kind == VALUE_BOOLEAN && value_field(value, "b")->boolean);
        CHECK(value_field(value, "i")->kind == VALUE_INTEGER && value_field(value, "i")->integer == -7);
        CHECK(value_field(value, "i")->number == -7.0);
        CHECK(value_field(value, "n")->kind == VALUE_NUMBER && value_field(value, "n")->number == 1e-5);
        CHECK_TEXT(value_field(value, "t")->text, "a\xc3\xa9");
        CHECK(value_field(value, "l")->item_count == 2);
        CHECK(value_field(value, "l")->items[1]->kind == VALUE_TABLE);
        CHECK(value_field(value, "z") == NULL);
        CHECK(value->field_count == 5);
    }
    capture_close(&capture);
}

static void names_are_sorted(void)
{
    check_round("{\"b\":1,\"a\":{\"d\":2,\"c\":[]},\"ab\":false}", "{ \"a\": { \"c\": [], \"d\": 2 }, \"ab\": false, \"b\": 1 }\n");
}

static void numbers_keep_their_value(void)
{
    check_round("{\"a\":1e-05,\"b\":10000.0,\"c\":9007199254740993,\"d\":0.1,\"e\":1e300}",
                "{ \"a\": 1e-05, \"b\": 10000, \"c\": 9007199254740993, \"d\": 0.1, \"e\": 1e+300 }\n");
}

static void texts_are_escaped(void)
{
    check_round("{\"a\":\"q\\\" b\\\\ n\\n t\\t \\u0001\"}", "{ \"a\": \"q\\\" b\\\\ n\\u000a t\\u0009 \\u0001\" }\n");
}

static void numbers_that_json_lacks_are_null(void)
{
    struct capture capture;
    capture_open(&capture);
    struct text out = text_start(capture.arena);
    struct value *list = tree_append(tree_table(capture.arena), tree_number(NAN, capture.arena), capture.arena);
    json_write(&out, tree_append(list, tree_number(-INFINITY, capture.arena), capture.arena));
    CHECK_TEXT(out.data, "[ null, null ]\n");
    capture_close(&capture);
}

static void long_objects_are_broken_into_lines(void)
{
    struct capture capture;
    capture_open(&capture);
    struct arena *arena = capture.arena;
    struct text out = text_start(arena);
    struct value *list = tree_table(arena), *root = tree_table(arena);
    for (int i = 0; i < 3; i++)
        tree_append(list, tree_set(tree_table(arena), "name", tree_text(arena_format(arena, "%050d", i), arena), arena), arena);
    json_write(&out, tree_set(root, "list", list, arena));
    CHECK_TEXT(out.data, "{\n  \"list\": [\n"
               "    { \"name\": \"00000000000000000000000000000000000000000000000000\" },\n"
               "    { \"name\": \"00000000000000000000000000000000000000000000000001\" },\n"
               "    { \"name\": \"00000000000000000000000000000000000000000000000002\" }\n  ]\n}\n");
    capture_close(&capture);
}

static void broken_text_is_refused(void)
{
    check_refused("", 0, "x.json:1: is no JSON: ");
    check_refused("{\"a\":1,\n\"a\":2}", 14, "x.json:2: is no JSON: duplicate object key");
    check_refused("{\"a\":1}}", 8, "x.json:1: is no JSON: end of file expected");
    check_refused("{\"a\":\n\n", 7, "x.json:");
    check_refused("{\"a\0b\":1}", 9, "is no JSON");
    check_refused("\x7f\x45\x4c\x46\0\0", 6, "is no JSON");
    check_refused("{\"a\":\"\xff\xfe\"}", 10, "is no JSON");
    check_refused("{\"a\":NaN}", 9, "is no JSON");
    check_refused("{\"a\":1e999}", 11, "is no JSON");
    check_refused("null", 4, "is no JSON");
    check_refused("\"text\"", 6, "is no JSON");
    check_refused("[{}]", 4, "x.json:1: is no JSON object; expected { ... }");
}

/* Nesting: as deep as is read, one deeper, and so deep that a parser could run out of stack. */
static void depth_is_bounded(void)
{
    enum { DEEPEST = 1000 * 1000 };
    static char text[2 * DEEPEST + 8];
    const struct { int depth; const char *sentence; } cases[] = {
        { JSON_DEPTH + 1, "x.json: nests deeper than 64 levels" }, { DEEPEST, "is no JSON: maximum parsing depth reached" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int depth = cases[i].depth;
        memcpy(text, "{\"a\":", 5);
        memset(text + 5, '[', (size_t)depth);
        memset(text + 5 + depth, ']', (size_t)depth);
        text[5 + 2 * depth] = '}';
        check_refused(text, (size_t)(6 + 2 * depth), cases[i].sentence);
    }
}

static void size_is_bounded(void)
{
    static char text[JSON_BYTES + 1];
    memset(text, ' ', sizeof text);
    check_refused(text, sizeof text, "at most 4194304 are read");
}

int main(void)
{
    RUN(every_kind_is_read);
    RUN(names_are_sorted);
    RUN(numbers_keep_their_value);
    RUN(texts_are_escaped);
    RUN(numbers_that_json_lacks_are_null);
    RUN(long_objects_are_broken_into_lines);
    RUN(broken_text_is_refused);
    RUN(depth_is_bounded);
    RUN(size_is_bounded);
    return test_end();
}
