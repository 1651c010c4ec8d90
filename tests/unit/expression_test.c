/*
** Expressions: what they mean, how they are printed, and what is refused.
*/
#include "../../generator/expression/expression.h"
#include "../test.h"
#include "expression_random.h"

static const double slopes[RANDOM_HEADS] = { 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625 };
static const double buckets[] = { 0, 1, 2, 2, 3, 3, 3, 3 };

static const struct expression_name names[] = {
    { .name = "left", .value = 4095 }, { .name = "everything", .value = 33554432 }, { .name = "huge", .value = INT64_MAX },
    { .name = "cap", .kind = EXPRESSION_NAME_NUMBER, .number = 50.0 },
    { .name = "third", .kind = EXPRESSION_NAME_NUMBER, .number = 1.0 / 3.0 },
    { .name = "vast", .kind = EXPRESSION_NAME_NUMBER, .number = 1e39 },
    { .name = "slope", .kind = EXPRESSION_NAME_TABLE, .values = slopes, .count = RANDOM_HEADS },
    { .name = "bucket", .kind = EXPRESSION_NAME_TABLE, .values = buckets, .count = sizeof buckets / sizeof *buckets },
    { .name = "bare", .kind = EXPRESSION_NAME_TABLE, .values = buckets }
};

static bool parse(struct expression *expression, const char *text, struct expression_error *error)
{
    return expression_parse(expression, text, names, sizeof names / sizeof *names, RANDOM_HEADS, error);
}

static void check_printed(const char *text, const char *expected)
{
    struct expression expression;
    struct expression_error error = { 0, "" };
    char printed[4096] = "";
    if (parse(&expression, text, &error))
        expression_print(&expression, printed, sizeof printed);
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(printed, expected);
}

static void check_refused(const char *text, int column, const char *expected)
{
    struct expression expression;
    struct expression_error error = { 0, "" };
    CHECK(!parse(&expression, text, &error));
    CHECK_TEXT(error.text, expected);
    if (!CHECK(error.column == column))
        printf("    column %d of \"%s\"\n", error.column, text);
}

static void check_value(const char *text, bool expected)
{
    const int64_t at[EXPRESSION_VARIABLES] = { -7, 3, 1, 2, 10, 20 };
    struct expression expression;
    struct expression_error error = { 0, "" };
    CHECK(parse(&expression, text, &error));
    if (!CHECK(expression_evaluate(&expression, at, NULL) == expected))
        printf("    \"%s\"\n", text);
}

static void spaces_and_parentheses_do_not_matter(void)
{
    check_printed("k<=q", "k <= q");
    check_printed(" ( (k) )\t<=\n((q))", "k <= q");
    check_printed("((q-k)<=left)and((k<=q))", "q - k <= 4095 and k <= q");
    check_printed("k <= q and (b == 0 and (h < 3 and q > 1))", "k <= q and b == 0 and h < 3 and q > 1");
    check_printed("(k <= q and b == 0) and (h < 3 and q > 1)", "k <= q and b == 0 and h < 3 and q > 1");
    check_printed("k <= q or (b == 0 or h < 3)", "k <= q or b == 0 or h < 3");
}

static void parentheses_that_matter_stay(void)
{
    check_printed("q - (k - b) <= (q - k) - b", "q - (k - b) <= q - k - b");
    check_printed("(k + 1) * 2 // 3 % 4 < -(q + 1)", "(k + 1) * 2 // 3 % 4 < -(q + 1)");
    check_printed("k // (2 * (h + 1)) == -q", "k // (2 * (h + 1)) == -q");
    check_printed("(k <= q or b == 0) and not (k == 1)", "(k <= q or b == 0) and not (k == 1)");
    check_printed("k <= q or b == 0 and k == 1", "k <= q or b == 0 and k == 1");
    check_printed("not (k <= q and b == 0)", "not (k <= q and b == 0)");
}

static void constants_fold(void)
{
    check_printed("k < 2 + 3 * 4 - 14 // 4 - (-14) // 4", "k < 15");
    check_printed("k % 7 < -14 % 4", "k % 7 < 2");
    check_printed("q < - - 5 - -3", "q < 8");
    check_printed("- - k <= q", "k <= q");
    check_printed("q - k * 0 < -(3)", "q - 0 < -3");
    check_printed("not not (k <= q)", "k <= q");
    check_printed("not not not (k <= q)", "not (k <= q)");
    check_printed("not true", "false");
    check_printed("not (1 == 2)", "true");
}

static void what_always_holds_is_true(void)
{
    check_printed("k - q <= everything", "true");
    check_printed("q - k <= 16777215", "true");
    check_printed("q - k <= 16777214", "q - k <= 16777214");
    check_printed("q - k <= everything and k <= q", "k <= q");
    check_printed("k <= q or k >= 0", "true");
    check_printed("h < 8", "true");
    check_printed("h < 7", "h < 7");
    check_printed("q < -16777215", "false");
    check_printed("q - k <= q", "true");
    check_printed("k < q and k % 4 == 4", "false");
    check_printed("true and k <= q and true", "k <= q");
    check_printed("false or k <= q or false", "k <= q");
    check_printed("false and k <= q", "false");
}

static void precedence_is_that_of_lua(void)
{
    check_value("k + 2 * q_len == 23", true);
    check_value("q // 2 == -4 and q % 4 == 1", true);
    check_value("-k // 2 == -2", true);
    check_value("q - k - h == -11", true);
    check_value("kv_len // 10 % 2 == 0", true);
    check_value("true or true and false", true);
    check_value("(true or true) and k == 4", false);
    check_value("not (k == 3) or q < 0", true);
    check_value("q ~= -7", false);
    check_value("k > 3 or k >= 3 and k < 4", true);
    check_value("q // -2 == 3 and q % -4 == -3", true);
}

static void text_that_makes_no_sense_is_refused(void)
{
    check_refused("", 1, "expected a number, a name or '(', found the end");
    check_refused("k <=", 5, "expected a number, a name or '(', found the end");
    check_refused("k <= and", 6, "expected a number, a name or '(', found 'and'");
    check_refused("k <= q q", 8, "expected an operator or the end, found 'q'");
    check_refused("k <= q)", 7, "expected an operator or the end, found ')'");
    check_refused("(k <= (q + 1)", 14, "expected ')' for the '(' at column 1, found the end");
    check_refused("k <= 1.5", 6, "`1.5` is a number; a mask takes integers only");
    check_refused("k <= 0x10", 6, "expected a number, found '0x10'");
    check_refused("k <= 2147483648", 6, "expected a number of at most 2147483647, found '2147483648'");
    check_refused("k <= 00000000000000000000000099999999999999999999999999999", 6,
                  "expected a number of at most 2147483647, found '00000000000000000000000099999999'");
    check_refused("k <= \xff", 6, "expected a number, a name or '(', found byte 0xff");
    check_refused("k \x01 q", 3, "expected an operator or the end, found byte 0x01");
}

static void habits_of_other_languages_are_named(void)
{
    check_refused("k = q", 3, "found '=', which is written '==' here");
    check_refused("k != q", 3, "found '!=', which is written '~=' here");
    check_refused("k <= q && b == 0", 8, "found '&&', which is written 'and' here");
    check_refused("k <= q || b == 0", 8, "found '||', which is written 'or' here");
    check_refused("!(k <= q)", 1, "found '!', which is written 'not' here");
    check_refused("k / 2 == 0", 3, "`k / 2` is a number; a mask takes integers only, which '//' divides");
    check_refused("0 <= k < q", 8, "comparisons do not chain; write a < b < c as a < b and b < c");
}

static void unknown_names_are_refused(void)
{
    check_refused("q - k <= lefd", 10, "unknown name 'lefd' (did you mean 'left'?)");
    check_refused("sin(q) < k", 1, "unknown name 'sin'; known are q, k, h, b, q_len, kv_len and the named numbers");
    check_refused("k <= qlen", 6, "unknown name 'qlen' (did you mean 'q_len'?)");
    check_refused("k <= wanderer", 6, "unknown name 'wanderer'; known are q, k, h, b, q_len, kv_len and the named numbers");
    check_refused("k < aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5, "unknown name "
                  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; known are q, k, h, b, q_len, kv_len and the named numbers");
    check_refused("k < huge", 5, "huge is 9223372036854775807; expected at most 2147483647 in size");
}

static void integers_are_no_booleans(void)
{
    check_refused("k + 1", 3, "expected true or false, as of a comparison; found the integer `k + 1`");
    check_refused("k <= q and b", 12, "'and' expects a boolean, found the integer `b`");
    check_refused("q or k <= q", 1, "'or' expects a boolean, found the integer `q`");
    check_refused("not k <= q", 5,
                  "'not' expects a boolean, found the integer `k`; a comparison after 'not' needs parentheses");
    check_refused("(k < q) + 1 < 3", 4, "'+' expects an integer or a number, found the boolean `k < q`");
    check_refused("(k < q) == true", 4, "'==' expects an integer or a number, found the boolean `k < q`");
    check_refused("-true < 2", 2, "'-' expects an integer or a number, found the boolean `true`");
}

static void values_stay_within_32_bits(void)
{
    check_refused("q * k < 5", 3, "`q * k` can leave 32 bits: it lies between -281474943156225 and 281474943156225");
    check_refused("k * 129 < 5", 3, "`k * 129` can leave 32 bits: it lies between 0 and 2164260735");
    check_printed("k * 128 < 5", "k * 128 < 5");
    check_refused("k < 2147483647 + 1", 16, "`2147483647 + 1` leaves 32 bits: it is 2147483648");
    check_refused("k // q == 0", 3, "`k // q` can divide by 0: `q` lies between -16777215 and 16777215");
    check_refused("k % h == 0", 3, "`k % h` can divide by 0: `h` lies between 0 and 7");
    check_refused("k % (2 - 2) == 0", 3, "`k % (2 - 2)` divides by 0");
    check_printed("k % (h + 1) == 0", "k % (h + 1) == 0");
}

static void check_repeated(const char *start, const char *middle, const char *end, int times, int column, const char *expected)
{
    static char text[200000];
    size_t length = (size_t)snprintf(text, sizeof text, "%s", start);
    for (int i = 0; i < times; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", middle);
    snprintf(text + length, sizeof text - length, "%s", end);
    check_refused(text, column, expected);
}

static void hostile_sizes_are_refused(void)
{
    check_repeated("", "(", "k", 60000, 65, "this nests deeper than 64 operators");
    check_repeated("", "-", "k", 60000, 65, "this nests deeper than 64 operators");
    check_repeated("", "not ", "true", 10000, 257, "this nests deeper than 64 operators");
    check_repeated("k", "+k", "", 30000, 256, "this has more than 256 numbers, names and operators");
    check_repeated("k", "+k", "< 1", 70, 1, "this nests deeper than 64 operators");
    check_repeated("k", " ", "", 150000, 1, "this is longer than 139264 bytes");
}

/* Else an expression could fit whose text does not. */
static void negative_constants_are_one_node(void)
{
    enum { TIMES = EXPRESSION_NODES / 6 };      /* five nodes a comparison, and what joins them */
    static const char comparison[] = " and k + -7 <= q";
    char text[TIMES * sizeof comparison] = "k + -7 <= q";
    for (int i = 1; i < TIMES; i++)
        strcat(text, comparison);
    check_printed(text, text);
}

static void heads_bound_h(void)
{
    struct expression expression;
    struct expression_error error;
    CHECK(!expression_parse(&expression, "h == 0", NULL, 0, 0, &error));
    CHECK_TEXT(error.text, "there are 0 heads; expected 1 to 1024");
    CHECK(!expression_parse(&expression, "h == 0", NULL, 0, 1025, &error));
    CHECK(expression_parse(&expression, "h == 0", NULL, 0, 1, &error));
    CHECK(expression_is_true(&expression));
    CHECK(expression_parse(&expression, "h == 0", NULL, 0, 1024, &error));
    CHECK(!expression_is_true(&expression));
}

static void expressions_join(void)
{
    struct expression causal, window, result;
    struct expression_error error;
    char text[256];
    CHECK(parse(&causal, "k <= q", &error) && parse(&window, "q - k <= left and k - q <= 3", &error));
    CHECK(expression_and(&result, &causal, &window, RANDOM_HEADS));
    expression_print(&result, text, sizeof text);
    CHECK_TEXT(text, "k <= q and q - k <= 4095 and k - q <= 3");
    CHECK(expression_or(&result, &causal, &window, RANDOM_HEADS) && expression_not(&result, &result, RANDOM_HEADS));
    expression_print(&result, text, sizeof text);
    CHECK_TEXT(text, "not (k <= q or q - k <= 4095 and k - q <= 3)");
    CHECK(expression_not(&result, &result, RANDOM_HEADS));
    CHECK(expression_uses(&result, EXPRESSION_Q) && !expression_uses(&result, EXPRESSION_H));
    int joined = 0;
    while (joined < 100 && expression_and(&result, &result, &causal, RANDOM_HEADS))
        joined++;
    CHECK(joined > 40 && joined < 100);
    CHECK(parse(&result, "k <= q", &error));
}

static void print_is_cut_at_the_end_of_its_buffer(void)
{
    struct expression expression;
    struct expression_error error;
    char text[6] = "xxxxx";
    CHECK(parse(&expression, "k <= q_len", &error));
    expression_print(&expression, text, sizeof text);
    CHECK_TEXT(text, "k <= ");
    expression_print(&expression, text, 0);
    CHECK_TEXT(text, "k <= ");
}

/* The expression has the values at the points, and so has what its text parses to, with the same text. */
static bool agrees(const struct random_expression *random, const struct random_values *values,
                   const struct expression *expression)
{
    struct expression again;
    struct expression_error error = { 0, "" };
    char text[4096], text_again[4096] = "";
    expression_print(expression, text, sizeof text);
    if (parse(&again, text, &error))
        expression_print(&again, text_again, sizeof text_again);
    bool equal = CHECK_TEXT(error.text, "") && CHECK_TEXT(text_again, text);
    for (int i = 0; i < RANDOM_POINTS && equal; i++)
        equal = CHECK(expression_evaluate(expression, random->points[i], NULL) == (values->at[i] != 0))
                && CHECK(expression_evaluate(&again, random->points[i], NULL) == (values->at[i] != 0));
    return equal;
}

static void random_expressions_have_their_values(void)
{
    static struct random_expression made;
    struct random random = random_start(RANDOM_SEED);
    struct expression expression;
    struct expression_error error;
    int accepted = 0;
    for (int i = 0; i < 20000; i++) {
        const struct random_values values = random_expression_make(&made, &random);
        if (!parse(&expression, made.text, &error))
            continue;
        accepted++;
        if (!CHECK(!made.undefined) || !agrees(&made, &values, &expression)) {
            printf("    seed %d, expression %d: \"%s\"\n", RANDOM_SEED, i, made.text);
            return;
        }
    }
    CHECK(accepted > 10000);
}

static void random_bytes_do_no_harm(void)
{
    static const char *const words[] = { "k", "q", "(", ")", "+", "-", "*", "//", "%", "<=", "==", "and", "or", "not",
                                         "7", "left", " ", "\n", "\x80", "~", "true", "_", "9999999999" };
    struct random random = random_start(RANDOM_SEED);
    struct expression expression;
    int refused = 0;
    for (int i = 0; i < 50000; i++) {
        struct expression_error error = { 0, "" };
        char text[512] = "";
        for (int64_t n = random_between(&random, 0, 40); n > 0; n--)
            strcat(text, words[random_between(&random, 0, sizeof words / sizeof *words - 1)]);
        if (parse(&expression, text, &error))
            continue;
        refused++;
        if (!CHECK(error.text[0] != '\0' && error.column >= 1 && (size_t)error.column <= strlen(text) + 1))
            return;
    }
    CHECK(refused > 40000);
}

/* Arrays ---------------------------------------------------------------------------------------- */

static bool parse_with(struct expression *expression, const char *declared, const char *text, struct expression_error *error)
{
    static struct expression_arrays arrays;
    struct expression_name known[EXPRESSION_ARRAYS];
    if (!expression_arrays_read(&arrays, declared, error))
        return false;
    for (int i = 0; i < arrays.count; i++)
        known[i] = (struct expression_name){ .name = arrays.list[i].name, .kind = EXPRESSION_NAME_ARRAY, .array = &arrays.list[i] };
    return expression_parse(expression, text, known, arrays.count, 4, error);
}

static void check_declared(const char *text, const char *expected)
{
    struct expression_arrays arrays;
    struct expression_error error = { 0, "" };
    char printed[400];
    CHECK(expression_arrays_read(&arrays, text, &error));
    CHECK_TEXT(error.text, "");
    expression_arrays_print(&arrays, printed, sizeof printed);
    CHECK_TEXT(printed, expected);
}

static void declarations_read_back(void)
{
    check_declared("integer doc[sequence][key]", "integer doc[sequence][key]");
    check_declared(" boolean  seen [ head ] [query][key] , number t[32]", "boolean seen[head][query][key], number t[32]");
    check_declared("integer -3..5 a[7]", "integer -3..5 a[7]");
    check_declared("integer -16777215..16777215 a[key]", "integer a[key]");
    check_declared("integer -2147483647..2147483647 a[key]", "integer -2147483647..2147483647 a[key]");
}

static void check_undeclared(const char *text, const char *expected)
{
    struct expression_arrays arrays;
    struct expression_error error = { 0, "" };
    CHECK(!expression_arrays_read(&arrays, text, &error));
    CHECK_TEXT(error.text, expected);
}

static void wrong_declarations_are_refused(void)
{
    check_undeclared("", "expected boolean, integer or number, found the end");
    check_undeclared("float a[key]", "expected boolean, integer or number, found 'float'");
    check_undeclared("number a", "expected '[', found the end");
    check_undeclared("number a[keys]", "expected sequence, head, query, key or a size, found 'keys'");
    check_undeclared("number a[0]", "expected sequence, head, query, key or a size, found '0'");
    check_undeclared("number a[16777217]", "expected sequence, head, query, key or a size, found '16777217'");
    check_undeclared("number a[1][1][1][1][1]", "a has more than 4 axes");
    check_undeclared("number a[key], boolean a[key]", "the array a stands twice");
    check_undeclared("number q[key]", "expected a name that means nothing else, found 'q'");
    check_undeclared("integer 5..3 a[key]", "expected a range of integers of 32 bits, such as 0..31, found '5..3'");
    check_undeclared("number a[key] b", "expected ',' or the end, found 'b'");
}

static void elements_keep_their_text(void)
{
    static const char *const texts[] = {
        "doc[b][q] == doc[b][k]", "not seen[h][q][k]", "part[min(max(q - k, 0), 6)] > doc[b][k] // 2", "seen[3][q][q] and k <= q"
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct expression expression;
        struct expression_error error = { 0, "" };
        char printed[400];
        CHECK(parse_with(&expression, "integer doc[sequence][key], boolean seen[head][query][key], integer -3..3 part[7]", texts[i], &error));
        CHECK_TEXT(error.text, "");
        expression_print(&expression, printed, sizeof printed);
        CHECK_TEXT(printed, texts[i]);
    }
}

/* The element is 100 times its first place and its second. */
static double hundreds(const void *context, int array, const int64_t places[EXPRESSION_AXES])
{
    (void)context;
    return (double)(array * 10000 + places[0] * 100 + places[1]);
}

static void elements_are_those_at_their_places(void)
{
    static const struct expression_source source = { hundreds, NULL };
    const int64_t at[EXPRESSION_VARIABLES] = { 7, 3, 1, 2, 10, 20 };
    static const char *const texts[] = { "a[b][k] == 203", "a[b][q] == 207", "c[h] == 10100 and a[b][k] == 203", "c[h] - a[b][k] == 9897" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct expression expression;
        struct expression_error error = { 0, "" };
        const char *declared = i < 2 ? "integer a[sequence][key]" : "integer c[head], integer a[sequence][key]";
        CHECK(parse_with(&expression, declared, texts[i], &error));
        if (i >= 2) {       /* whatever the order of their use */
            struct expression_arrays ordered;
            CHECK(expression_arrays_read(&ordered, "integer a[sequence][key], integer c[head]", &error));
            CHECK(expression_order_arrays(&expression, &ordered));
        }
        CHECK(expression_evaluate(&expression, at, &source));
    }
}

static void arrays_are_not_confused(void)
{
    struct expression left, right, both;
    struct expression_error error = { 0, "" };
    CHECK(parse_with(&left, "integer a[key], boolean c[key]", "c[k] and a[k] > 3", &error));
    CHECK(parse_with(&right, "boolean d[query], integer a[key]", "d[q] or a[q] < 5", &error));
    CHECK(expression_and(&both, &left, &right, 4));
    CHECK(both.arrays.count == 3);
    CHECK(parse_with(&right, "integer a[query]", "a[q] < 5", &error));
    CHECK(!expression_and(&both, &left, &right, 4));        /* another array of the same name */
}

int main(void)
{
    RUN(declarations_read_back);
    RUN(wrong_declarations_are_refused);
    RUN(elements_keep_their_text);
    RUN(elements_are_those_at_their_places);
    RUN(arrays_are_not_confused);
    RUN(spaces_and_parentheses_do_not_matter);
    RUN(parentheses_that_matter_stay);
    RUN(constants_fold);
    RUN(what_always_holds_is_true);
    RUN(precedence_is_that_of_lua);
    RUN(text_that_makes_no_sense_is_refused);
    RUN(habits_of_other_languages_are_named);
    RUN(unknown_names_are_refused);
    RUN(integers_are_no_booleans);
    RUN(values_stay_within_32_bits);
    RUN(hostile_sizes_are_refused);
    RUN(negative_constants_are_one_node);
    RUN(heads_bound_h);
    RUN(expressions_join);
    RUN(print_is_cut_at_the_end_of_its_buffer);
    RUN(random_expressions_have_their_values);
    RUN(random_bytes_do_no_harm);
    return test_end();
}
