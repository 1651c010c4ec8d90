/*
** Operator cases: what is read, and what a broken case is told. With $ATTNGEN_DATA, every case there is read.
*/
#include "../../generator/base/file.h"
#include "../operators/case.h"
#include "../test.h"
#include "temporary.h"

/* A case with this text and a file x.bin of two floats, 1 and -2; said takes what the report says, without the path. */
static struct operator_case *read_text(const char *text, size_t length, struct arena *arena, char *said, size_t size)
{
    static const float values[] = { 1, -2 };
    memset(said, 0, size);
    FILE *out = fmemopen(said, size, "w");
    struct report report = { .out = out };
    const char *folder = temporary_make(arena);
    file_write(arena_format(arena, "%s/case.txt", folder), text, length, &report, NULL);
    file_write(arena_format(arena, "%s/x.bin", folder), (const char *)values, sizeof values, &report, NULL);
    struct operator_case *found = case_read(folder, arena, &report);
    fclose(out);
    temporary_remove(folder);
    return found;
}

static void check_refused_bytes(const char *text, size_t length, const char *sentence)
{
    char said[1024];
    struct arena *arena = arena_create();
    CHECK(read_text(text, length, arena, said, sizeof said) == NULL);
    if (!CHECK(strstr(said, sentence) != NULL))
        printf("found \"%s\", expected \"%s\"\n", said, sentence);
    arena_destroy(arena);
}

static void check_refused(const char *text, const char *sentence)
{
    check_refused_bytes(text, strlen(text), sentence);
}

static void items_are_read(void)
{
    static const char text[] = "test t\nop Attention\ndomain -\nopset 23\nattr scale f 0.5\nattr sizes list 6 6 4\n"
                               "input Q f32 x.bin 2 1 2\noutput Y f16 x.bin 1 4\ntolerance Y abs 0.02 rel 0";
    char said[1024];
    struct arena *arena = arena_create();
    const struct operator_case *found = read_text(text, sizeof text - 1, arena, said, sizeof said);
    if (CHECK(found != NULL)) {
        const struct case_tensor *q = case_input(found, "Q"), *y = case_output(found, "Y");
        CHECK_TEXT(found->operator_name, "Attention");
        CHECK_TEXT(case_attribute(found, "scale")->texts[0], "0.5");
        CHECK(case_number(found, "scale", 1) == 0.5 && case_number(found, "axis", -1) == -1);
        CHECK(case_attribute(found, "sizes")->count == 3 && case_attribute(found, "sizes")->numbers[2] == 4);
        CHECK(found->opset == 23 && q->rank == 2 && q->count == 2 && q->values[0] == 1 && q->values[1] == -2);
        CHECK(y->values[0] == 0 && y->values[1] == 1.875 && y->values[3] == -2);
        CHECK(case_tolerance(found, "Y")->absolute == 0.02 && case_tolerance(found, "Q") == NULL);
        CHECK(case_input(found, "Y") == NULL && case_output(found, "Q") == NULL);
    }
    arena_destroy(arena);
}

static void broken_lines_are_refused(void)
{
    check_refused("", "no line of 'test' or of 'op'");
    check_refused("test t\nops x", "case.txt:2: found 'ops'");
    check_refused("op", "1 words on a line of 'op', expected 2 to 2");
    check_refused("opset -1", "found '-1', expected an integer of 0 to 1000");
    check_refused("opset 99999999999999999999", "expected an integer");
    check_refused("tolerance Y abs nan rel 0", "found 'nan'");
    check_refused("attr a list 1 2 3 4 5 6 7 8 9 10 11 12 13 14", "more than 16 words");
    check_refused("attr a i 0.5", "found '0.5', expected an integer");
    check_refused("attr a list 6 x", "found 'x', expected an integer");
    check_refused("attr a f nan", "found 'nan', expected a number");
    check_refused("attr a d 1", "found the type 'd', expected i, f, s, list or graph");
    check_refused_bytes("op\0x", 4, "a zero byte");
}

static void broken_tensors_are_refused(void)
{
    check_refused("input Q f8 x.bin 1 2", "found the type 'f8'");
    check_refused("input Q f32 x.bin 7 1", "found '7', expected an integer of 0 to 6");
    check_refused("input Q f32 x.bin 2 1", "1 dimensions, expected 2");
    check_refused("input Q f32 x.bin 1 3", "x.bin has 8 bytes, expected 12");
    check_refused("input Q f32 x.bin 3 4000000 4000000 4000000", "more than 4194304 values");
    check_refused("input Q f32 ../x.bin 1 2", "expected the name of a file beside case.txt");
    check_refused("input Q f32 y.bin 1 2", "y.bin");
}

static void read_folder(const char *folder)
{
    struct arena *arena = arena_create();
    struct report report = { .out = stdout };
    const char *const *names = file_list(folder, arena, &report);
    for (; names != NULL && *names != NULL; names++) {
        const char *path = arena_format(arena, "%s/%s", folder, *names);
        if (access(arena_format(arena, "%s/case.txt", path), R_OK) == 0)
            CHECK(case_read(path, arena, &report) != NULL);
    }
    CHECK(report.errors == 0);
    arena_destroy(arena);
}

static void published_cases_are_read(void)
{
    const char *data = getenv("ATTNGEN_DATA");
    if (data == NULL)
        SKIP("ATTNGEN_DATA does not name a folder of test data");
    struct arena *arena = arena_create();
    read_folder(arena_format(arena, "%s/onnx", data));
    read_folder(arena_format(arena, "%s/ort", data));
    arena_destroy(arena);
}

int main(void)
{
    RUN(items_are_read);
    RUN(broken_lines_are_refused);
    RUN(broken_tensors_are_refused);
    RUN(published_cases_are_read);
    return test_end();
}
