/*
** Token files as text and as .npy, and floats written as .npy.
*/
#include "../../runtime/npy.h"
#include "../../runtime/prompt.h"
#include "../test.h"
#include "scratch.h"

static struct scratch scratch;

/* The sequences as text, "1 2|3", or the sentence from the file's name on. */
static const char *prompt_show(const char *path)
{
    static char text[4096];
    struct problem problem = { text, sizeof text };
    struct prompt prompt;
    struct memory memory;
    memory_begin(&memory, NULL);
    if (prompt_read(&prompt, path, &memory, &problem)) {
        text[0] = '\0';
        for (int i = 0; i < prompt.count; i++)
            for (int64_t j = 0; j < prompt.sequences[i].length; j++)
                sprintf(text + strlen(text), "%s%d", j > 0 ? " " : i > 0 ? "|" : "", prompt.sequences[i].tokens[j]);
    }
    memory_release(&memory);
    const size_t folder = strlen(scratch.folder);
    return strncmp(text, scratch.folder, folder) == 0 ? text + folder + 1 : text;
}

static const char *text_show(const char *text)
{
    scratch.count = 0;
    return prompt_show(scratch_write_text(&scratch, "t", text));
}

static void token_texts(void)
{
    CHECK_TEXT(text_show("1"), "1");
    CHECK_TEXT(text_show("1 2\t30\r\n\n 4 5 \n"), "1 2 30|4 5");
    CHECK_TEXT(text_show("999999999"), "999999999");
    CHECK_TEXT(text_show(""), "t: no tokens");
    CHECK_TEXT(text_show(" \n\n"), "t: no tokens");
    CHECK_TEXT(text_show("1\n2 x"), "t:2: token 2 of the line is not a token id");
    CHECK_TEXT(text_show("1 2,3"), "t:1: token 2 of the line is not a token id");
    CHECK_TEXT(text_show("-1"), "t:1: token 1 of the line is not a token id");
    CHECK_TEXT(text_show("1000000000000"), "t:1: token 1 of the line is not a token id");
    CHECK_TEXT(prompt_show(scratch.folder), " is not a file");
}

static const char *array_show(const char *dictionary, const void *numbers, size_t size)
{
    char bytes[512] = "\x93NUMPY\1";
    const size_t length = strlen(dictionary);
    bytes[8] = (char)length;
    memcpy(bytes + 10, dictionary, length);
    memcpy(bytes + 10 + length, numbers, size);
    scratch.count = 0;
    return prompt_show(scratch_write(&scratch, "a", bytes, 10 + length + size));
}

static void token_arrays(void)
{
    const int32_t narrow[] = { 1, 2, 3, 4, 5, 6 };
    const int64_t wide[] = { 7, 8 }, large[] = { 1LL << 32 };
    static const char bad[] = "a: not an array of int32 or int64 with one or two axes, C order, little-endian";
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n", narrow, 24), "1 2 3|4 5 6");
    CHECK_TEXT(array_show("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n", wide, 16), "7 8");
    CHECK_TEXT(array_show("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", large, 8),
               "a: 4294967296 is not a token id");
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (3, 3), }\n", narrow, 24),
               "a: 3 times 3 numbers are more than the file has");
    CHECK_TEXT(array_show("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", narrow, 24), bad);
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }\n", narrow, 24), bad);
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3, 1), }\n", narrow, 24), bad);
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (-2, 3), }\n", narrow, 24), bad);
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }\n", narrow, 24), bad);
    CHECK_TEXT(array_show("{'descr': '<i4', 'fortran_order': False, 'shape': (", narrow, 0), bad);
    CHECK_TEXT(array_show("", narrow, 0), bad);
}

static void floats_written(void)
{
    static const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
    const float first[] = { 1, 2 }, second[] = { 3, 4, 5, 6 }, all[] = { 1, 2, 3, 4, 5, 6 };
    const struct npy_block blocks[] = { { first, 1 }, { NULL, 0 }, { second, 2 } };
    char error[256] = "", bytes[256];
    struct problem problem = { error, sizeof error };
    scratch.count = 0;
    const char *path = scratch_write_text(&scratch, "f", "old");
    CHECK(npy_write(path, blocks, 3, 2, &problem));
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(bytes, 1, sizeof bytes, file) == 128 + sizeof all);
    if (file != NULL)
        fclose(file);
    CHECK(memcmp(bytes, "\x93NUMPY\1\0\x76\0", 10) == 0 && memcmp(bytes + 10, header, strlen(header)) == 0);
    CHECK(bytes[127] == '\n' && memcmp(bytes + 128, all, sizeof all) == 0);
    CHECK(!npy_write("/nowhere/f", blocks, 3, 2, &problem));
    CHECK_TEXT(error, "/nowhere/f: cannot be written: No such file or directory");
}

int main(void)
{
    scratch_open(&scratch);
    RUN(token_texts);
    RUN(token_arrays);
    scratch_write_text(&scratch, "t", "");
    scratch_write_text(&scratch, "a", "");
    RUN(floats_written);
    const char *const names[] = { "t", "a", "f" };
    for (int i = 0; i < 3; i++)
        scratch_write_text(&scratch, names[i], "");
    scratch_close(&scratch);
    return test_end();
}
