/*
** Lists of numbers on the command line.
*/
#include "../../generator/base/lengths.h"
#include "../test.h"

/* The list as text, or "refused". */
static const char *read(const char *text)
{
    static char found[1024];
    struct lengths lengths;
    size_t length = 0;
    if (!lengths_read(&lengths, text, 1, 5000))
        return "refused";
    found[0] = '\0';
    for (int i = 0; i < lengths.count; i++)
        length += (size_t)snprintf(found + length, sizeof found - length, "%s%d", i > 0 ? " " : "", lengths.list[i]);
    return found;
}

static void numbers_and_ranges_are_read(void)
{
    CHECK_TEXT(read("7"), "7");
    CHECK_TEXT(read("64,256,1024"), "64 256 1024");
    CHECK_TEXT(read("1..5"), "1 2 3 4 5");
    CHECK_TEXT(read("64..4096*4"), "64 256 1024 4096");
    CHECK_TEXT(read("64..1000*2,5000,3..3"), "64 128 256 512 5000 3");
}

static void what_is_no_list_is_refused(void)
{
    static const char *const wrong[] = {
        "", ",", "1,", ",1", "1..", "..2", "1...3", "5..4", "0", "5001", "1..5001", "-1", "+1", " 1", "1 ", "1.5", "0x10", "1e3",
        "1..9*1", "1..9*", "1..9*-2", "1..9*0", "3*2", "99999999999999999999", "1..9*99999999999999999999"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_TEXT(read(wrong[i]), "refused");
}

static void the_number_of_numbers_is_bounded(void)
{
    CHECK(strcmp(read("1..64"), "refused") != 0);
    CHECK_TEXT(read("1..65"), "refused");
    CHECK_TEXT(read("1..64,1"), "refused");
}

int main(void)
{
    RUN(numbers_and_ranges_are_read);
    RUN(what_is_no_list_is_refused);
    RUN(the_number_of_numbers_is_bounded);
    return test_end();
}
