/*
** The template engine: what a template becomes, and what its errors say.
*/
#include <stdlib.h>

#include "../../generator/script/template.h"
#include "../test.h"

/* What rendering gave: the text, or the report. */
struct result { char *text; char *errors; bool done; };

static struct arena *arena;

static struct result render(const char *template, const struct template_values *values)
{
    struct result result = { 0 };
    size_t size;
    struct report report = { open_memstream(&result.errors, &size), 0 };
    struct text out = text_start(arena);
    const struct template_source source = { template, strlen(template), { "t.c.t", 1 } };
    result.done = template_render(&out, &source, values, &report);
    fclose(report.out);
    result.text = out.data;
    return result;
}

static void check_text(const char *template, const struct template_values *values, const char *expected)
{
    struct result result = render(template, values);
    CHECK_TEXT(result.done ? result.text : result.errors, expected);
    free(result.errors);
}

static void check_error(const char *template, const char *expected)
{
    const struct template_values none = { 0 };
    struct result result = render(template, &none);
    CHECK(!result.done);
    CHECK_TEXT(result.errors, expected);
    CHECK_TEXT(result.text, "");
    free(result.errors);
}

static void text_without_marks_is_kept(void)
{
    const struct template_values none = { 0 };
    check_text("#include <stdint.h>\nint a[2] = {{0}};\n\tputs(\"100%d\\n\");\n", &none,
               "#include <stdint.h>\nint a[2] = {{0}};\n\tputs(\"100%d\\n\");\n");
    check_text("", &none, "");
    check_text("no newline at the end", &none, "no newline at the end\n");
}

static void values_are_substituted(void)
{
    struct template_values values = { 0 };
    const char *const list[] = { "a", "b", NULL };
    template_set_integer(&values, "N", 64);
    template_set_number(&values, "SCALE", 0.125);
    template_set_number(&values, "WHOLE", 3.0);
    template_set_text(&values, "T", "_avx2");
    template_set_boolean(&values, "NO", false);
    template_set_list(&values, "LIST", list);
    check_text("$N$$ $(N * 2) $SCALE $WHOLE v$T $(real(SCALE)) $(#LIST) $(LIST[2])\n", &values,
               "64$ 128 0.125f 3.0f v_avx2 0.125 2 b\n");
    check_text("% if NO then\nno\n% end\nyes\n", &values, "yes\n");
}

static void a_value_that_is_lines_keeps_one_newline(void)
{
    struct template_values values = { 0 };
    template_set_text(&values, "BODY", "a;\nb;\n");
    check_text("{\n$BODY\n}\n", &values, "{\na;\nb;\n}\n");
}

static void a_name_set_again_has_the_new_value(void)
{
    struct template_values values = { 0 };
    template_set_integer(&values, "N", 1);
    template_set_text(&values, "N", "two");
    CHECK(values.count == 1);
    check_text("$N\n", &values, "two\n");
}

static void loops_repeat_the_lines_they_enclose(void)
{
    const struct template_values none = { 0 };
    check_text("% for i = 0, 1 do\n    acc$(i) = a[$i];\n% end\n", &none, "    acc0 = a[0];\n    acc1 = a[1];\n");
    check_text("% local t = {}\n% for _, x in ipairs { 3, 4 } do t[#t + 1] = x end\n$(t[1] + t[2])\n", &none, "7\n");
}

static void floats_read_back_as_the_same_float(void)
{
    struct template_values values = { 0 };
    template_set_number(&values, "X", 1.0 / 3.0);
    template_set_number(&values, "BIG", 1e30);
    check_text("$X $BIG\n", &values, "0.33333333f 1e+30f\n");
}

static void errors_name_the_line_of_the_template(void)
{
    check_error("a\n$nothing\n", "t.c.t:2: unknown name 'nothing'\n");
    check_error("a\nb\n% for i = 0, 3\nput\n% end\n", "t.c.t:4: 'do' expected near 'put'\n");
    check_error("one\ntwo $\n", "t.c.t:2: '$' is not followed by a name or (expression)\n");
    check_error("% local t = {}\n$(t.x)\n", "t.c.t:2: a nil cannot be printed\n");
    check_error("$(1 / 0)\n", "t.c.t:1: a number cannot be printed\n");
    check_error("% os.exit()\n", "t.c.t:1: unknown name 'os'\n");
}

static void a_template_may_start_inside_a_file(void)
{
    const struct template_values none = { 0 };
    char *errors;
    size_t size;
    struct report report = { open_memstream(&errors, &size), 0 };
    struct text out = text_start(arena);
    const struct template_source source = { "a\n$x\n", 5, { "isa/some.lua", 40 } };
    CHECK(!template_render(&out, &source, &none, &report));
    fclose(report.out);
    CHECK_TEXT(errors, "isa/some.lua:41: unknown name 'x'\n");
    free(errors);
}

int main(void)
{
    arena = arena_create();
    RUN(text_without_marks_is_kept);
    RUN(values_are_substituted);
    RUN(a_value_that_is_lines_keeps_one_newline);
    RUN(a_name_set_again_has_the_new_value);
    RUN(loops_repeat_the_lines_they_enclose);
    RUN(floats_read_back_as_the_same_float);
    RUN(errors_name_the_line_of_the_template);
    RUN(a_template_may_start_inside_a_file);
    arena_destroy(arena);
    return test_end();
}
