/*
** What every module stands on: arena, text, report, value, file. Linked with
** --wrap=malloc, so that memory can be refused on demand.
*/
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../generator/base/file.h"
#include "../../generator/base/text.h"
#include "../../generator/base/value.h"
#include "../test.h"
#include "capture.h"
#include "temporary.h"

static int mallocs_left = -1;        /* the next one fails at 0; -1: none does */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (mallocs_left == 0)
        return NULL;
    mallocs_left -= mallocs_left > 0;
    return __real_malloc(size);
}

/* Exit status of a child that runs work with its standard error in *message. */
static int child_status(void (*work)(void), char *message, size_t size)
{
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        work();
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], message, size - 1);
    message[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void starve(void)
{
    struct arena *arena = arena_create();
    mallocs_left = 0;
    arena_alloc(arena, 1000, 1000);
}

static void starve_at_once(void)
{
    mallocs_left = 0;
    arena_create();
}

static void ask_too_much(void)
{
    arena_alloc(arena_create(), SIZE_MAX / 2, 16);
}

static void memory_refused_ends_with_a_message(void)
{
    char message[200];
    CHECK(child_status(starve, message, sizeof message) == 2);
    CHECK(strncmp(message, "attngen: out of memory: 1", 25) == 0);
    CHECK(child_status(starve_at_once, message, sizeof message) == 2);
    CHECK(child_status(ask_too_much, message, sizeof message) == 2);
    CHECK(strstr(message, "out of memory") != NULL);
}

static void arena_gives_zeroed_aligned_memory(void)
{
    struct arena *arena = arena_create();
    static const size_t sizes[] = { 1, 15, 16, 17, 4000, 65536, 65537, 1000000, 0, 3 };
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *memory = arena_alloc(arena, 1, sizes[i]);
            CHECK((uintptr_t)memory % 16 == 0);
            size_t zeros = 0;
            while (zeros < sizes[i] && memory[zeros] == 0)
                zeros++;
            CHECK(zeros == sizes[i]);
            memset(memory, 0xff, sizes[i]);
        }
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void arena_copies_and_formats(void)
{
    struct arena *arena = arena_create();
    char *copy = arena_copy(arena, "a\0bc", 3);
    CHECK(memcmp(copy, "a\0b", 4) == 0);
    CHECK_TEXT(arena_copy(arena, NULL, 0), "");
    CHECK_TEXT(arena_format(arena, "%s is %d", "heads", 8), "heads is 8");
    CHECK(strlen(arena_format(arena, "%100000d", 1)) == 100000);
    arena_destroy(arena);
}

static void text_grows(void)
{
    struct arena *arena = arena_create();
    struct text text = text_start(arena);
    CHECK_TEXT(text.data, "");
    for (int i = 0; i < 5000; i++)
        text_put(&text, "abc");
    CHECK(text.length == 15000 && strlen(text.data) == 15000);
    text_format(&text, "%d", 42);
    text_add(&text, "", 0);
    CHECK_TEXT(text.data + 14997, "abc42");
    arena_destroy(arena);
}

static void report_names_the_place(void)
{
    struct capture capture;
    capture_open(&capture);
    report_error(&capture.report, (struct where){ "configs/x.lua", 5 }, "d_k is %d", 60);
    report_error(&capture.report, (struct where){ "configs/x.lua", 0 }, "is empty");
    report_error(&capture.report, (struct where){ NULL, 0 }, "no verb");
    report_error(&capture.report, (struct where){ "x", 1 }, "a\033[2Jb\n");
    CHECK_TEXT(capture_text(&capture), "configs/x.lua:5: d_k is 60\nconfigs/x.lua: is empty\nattngen: no verb\nx:1: a\\x1b[2Jb\\x0a\n");
    capture_close(&capture);
}

static void report_stops_after_the_limit(void)
{
    struct capture capture;
    capture_open(&capture);
    for (int i = 0; i < REPORT_LIMIT + 5; i++)
        report_error(&capture.report, (struct where){ "x", i + 1 }, "wrong");
    int lines = 0;
    for (const char *s = capture_text(&capture); *s != '\0'; s++)
        lines += *s == '\n';
    CHECK(lines == REPORT_LIMIT + 1);
    CHECK(strstr(capture.text, "x:20: wrong\nattngen: there are more errors") != NULL);
    CHECK(capture.report.errors == REPORT_LIMIT + 5);
    capture_close(&capture);
}

static void report_nearest_is_meant(void)
{
    static const char *const words[] = { "rope", "causal", "window", "none", "kv_heads", "f32", NULL };
    CHECK_TEXT(report_nearest("ropee", words), "rope");
    CHECK_TEXT(report_nearest("casual", words), "causal");
    CHECK_TEXT(report_nearest("windwo", words), "window");
    CHECK_TEXT(report_nearest("kvheads", words), "kv_heads");
    CHECK_TEXT(report_nearest("f33", words), "f32");
    CHECK_TEXT(report_nearest("f3", words), "f32");
    CHECK(report_nearest("nope", words) != NULL && report_nearest("nip", words) == NULL);
    CHECK(report_nearest("g32", words) == NULL);
    CHECK(report_nearest("load", words) == NULL);
    CHECK(report_nearest("alibi", words) == NULL);
    CHECK(report_nearest("x", words) == NULL);
    CHECK(report_nearest("", words) == NULL);
    CHECK(report_nearest("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrope", words) == NULL);
}

static void value_says_what_it_is(void)
{
    struct arena *arena = arena_create();
    struct value left = { .kind = VALUE_WORD, .word = "causal" }, right = { .kind = VALUE_WORD, .word = "window" };
    struct value *both[] = { &left, &right };
    struct value word = { .kind = VALUE_WORD, .word = "&", .items = both, .item_count = 2 };
    struct value text = { .kind = VALUE_TEXT, .text = "64", .length = 2 };
    struct value half = { .kind = VALUE_NUMBER, .number = 0.5 };
    struct field field = { "left", &text };
    struct value table = { .kind = VALUE_TABLE, .fields = &field, .field_count = 1 };
    CHECK_TEXT(value_describe(&word, arena), "causal() & window()");
    CHECK_TEXT(value_describe(&text, arena), "\"64\" (text)");
    CHECK_TEXT(value_describe(&half, arena), "0.5");
    CHECK_TEXT(value_describe(&table, arena), "a table");
    CHECK(value_field(&table, "left") == &text && value_field(&table, "right") == NULL);
    arena_destroy(arena);
}

static void file_is_written_once(void)
{
    struct capture capture;
    capture_open(&capture);
    char *directory = temporary_make(capture.arena);
    char *path = arena_format(capture.arena, "%s/a/b/file", directory);
    CHECK(file_make_directory(arena_format(capture.arena, "%s/a/b", directory), &capture.report));
    bool changed = false;
    struct stat before, after;
    CHECK(file_write(path, "abc", 3, &capture.report, &changed) && changed);
    CHECK(stat(path, &before) == 0);
    CHECK(file_write(path, "abc", 3, &capture.report, &changed) && !changed);
    CHECK(stat(path, &after) == 0 && before.st_ino == after.st_ino);
    CHECK(file_write(path, "abcd", 4, &capture.report, &changed) && changed);
    CHECK(file_write(path, "ab", 2, &capture.report, &changed) && changed);
    size_t length = 0;
    CHECK_TEXT(file_read(path, 10, &length, capture.arena, &capture.report), "ab");
    CHECK(length == 2);
    CHECK(file_list(arena_format(capture.arena, "%s/a/b", directory), capture.arena, &capture.report)[1] == NULL);
    CHECK_TEXT(capture_text(&capture), "");
    temporary_remove(directory);
    capture_close(&capture);
}

static void file_errors_are_sentences(void)
{
    struct capture capture;
    size_t length;
    capture_open(&capture);
    char *directory = temporary_make(capture.arena);
    char *missing = arena_format(capture.arena, "%s/x/file", directory), *small = arena_format(capture.arena, "%s/s", directory);
    CHECK(file_read(missing, 10, &length, capture.arena, &capture.report) == NULL);
    CHECK(file_read(directory, 10, &length, capture.arena, &capture.report) == NULL);
    CHECK(file_write(small, "abc", 3, &capture.report, NULL));
    CHECK(file_read(small, 2, &length, capture.arena, &capture.report) == NULL);
    CHECK(file_read("/dev/zero", 100, &length, capture.arena, &capture.report) == NULL);
    CHECK(!file_write(missing, "abc", 3, &capture.report, NULL));
    CHECK(!file_write("/dev/zero", "abc", 3, &capture.report, NULL));      /* would be read for ever, and then replaced */
    CHECK(!file_make_directory(arena_format(capture.arena, "%s/x", small), &capture.report));
    CHECK_TEXT(capture_text(&capture), arena_format(capture.arena,
        "%s: cannot be read: No such file or directory\n%s: is a directory; expected a file\n"
        "%s: has 3 bytes; at most 2 are read\n/dev/zero: has more than the 100 bytes that are read\n"
        "%s: cannot be written: No such file or directory\n/dev/zero: cannot be written: it is no file\n%s/x: cannot be made: Not a directory\n",
        missing, directory, small, missing, small));
    temporary_remove(directory);
    capture_close(&capture);
}

static void paths_are_named_from_a_file(void)
{
    static const struct { const char *file, *path, *named; } cases[] = {
        { "a.lua", "models/m", "models/m" }, { "configs/a.lua", "models/m", "../models/m" },
        { "x/y/a.lua", "m", "../../m" },     { "configs/a.lua", "/models/m", "/models/m" },
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_TEXT(file_from(cases[i].file, cases[i].path, arena), cases[i].named);
    CHECK_TEXT(file_beside("configs/a.lua", "../models/m", arena), "configs/../models/m");
    CHECK_TEXT(file_beside("a.lua", "models/m", arena), "models/m");
    CHECK_TEXT(file_beside("configs/a.lua", "/models/m", arena), "/models/m");
    CHECK(file_from("../a.lua", ".", arena)[0] == '/');
    arena_destroy(arena);
}

int main(void)
{
    RUN(memory_refused_ends_with_a_message);
    RUN(arena_gives_zeroed_aligned_memory);
    RUN(arena_copies_and_formats);
    RUN(text_grows);
    RUN(report_names_the_place);
    RUN(report_stops_after_the_limit);
    RUN(report_nearest_is_meant);
    RUN(value_says_what_it_is);
    RUN(file_is_written_once);
    RUN(file_errors_are_sentences);
    RUN(paths_are_named_from_a_file);
    return test_end();
}
