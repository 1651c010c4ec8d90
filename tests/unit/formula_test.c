/*
** Formulas of descriptors: the numbers and sentences they give, and what their errors say.
*/
#include "../../generator/script/formula.h"
#include "../test.h"
#include "capture.h"

/* base = 100, list = { 2, 4 }, fast = true */
static struct template_values values_make(void)
{
    static const double list[] = { 2, 4 };
    struct template_values values = { 0 };
    template_set_number(&values, "base", 100);
    template_set_numbers(&values, "list", (struct numbers){ list, 2 });
    template_set_boolean(&values, "fast", true);
    return values;
}

static void numbers_are_computed_for_each_i(void)
{
    const struct template_values values = values_make();
    const struct formula formula = { "local half = base / 2\nreturn fast and half / list[i + 1] + math.floor(0.5)",
                                     { "d.lua", 4 } };
    struct capture capture;
    double numbers[2] = { 0 };
    capture_open(&capture);
    CHECK(formula_numbers(&formula, &values, numbers, 2, capture.arena, &capture.report));
    CHECK(numbers[0] == 25 && numbers[1] == 12.5);
    CHECK_TEXT(capture_text(&capture), "");
    capture_close(&capture);
}

static void sentences_are_optional(void)
{
    const struct template_values values = values_make();
    const struct formula nothing = { "", { "d.lua", 1 } }, text = { "if #list == 2 then return 'two' end", { "d.lua", 1 } };
    struct capture capture;
    const char *sentence = "old";
    capture_open(&capture);
    CHECK(formula_sentence(&nothing, &values, &sentence, capture.arena, &capture.report) && sentence == NULL);
    CHECK(formula_sentence(&text, &values, &sentence, capture.arena, &capture.report));
    CHECK_TEXT(sentence, "two");
    capture_close(&capture);
}

static void errors_name_the_line(void)
{
    static const char *const rows[][2] = {
        { "\nreturn bass", "d.lua:8: unknown name 'bass'\n" },
        { "return", "d.lua: the formula gives nil for i = 0; expected a finite number\n" },
        { "\nreturn base / 0", "d.lua: the formula gives inf for i = 0; expected a finite number\n" },
        { "return 'x'", "d.lua: the formula gives x for i = 0; expected a finite number\n" },
        { "return {} + 1", "d.lua:7: attempt to perform arithmetic on a table value\n" },
        { "return (", "d.lua:7: unexpected symbol near <eof>\n" },
        { "return io", "d.lua:7: unknown name 'io'\n" },
    };
    const struct template_values values = values_make();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct formula formula = { rows[i][0], { "d.lua", 7 } };
        struct capture capture;
        double number;
        capture_open(&capture);
        CHECK(!formula_numbers(&formula, &values, &number, 1, capture.arena, &capture.report));
        CHECK_TEXT(capture_text(&capture), rows[i][1]);
        capture_close(&capture);
    }
}

int main(void)
{
    RUN(numbers_are_computed_for_each_i);
    RUN(sentences_are_optional);
    RUN(errors_name_the_line);
    return test_end();
}
