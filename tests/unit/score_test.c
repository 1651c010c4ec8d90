/*
** Scores: numbers, functions, conditionals and tables; what one is in another's place, and derivatives.
*/
#include <math.h>

#include "../../generator/expression/expression.h"
#include "../test.h"
#include "expression_random.h"

enum { SCORES = 1000, SCORE_DEPTH = 4 };

static const double slopes[RANDOM_HEADS] = { 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625 };
static const double whole[] = { 3, 1, 2 };

static const struct expression_name names[] = {
    { .name = "cap", .kind = EXPRESSION_NAME_NUMBER, .number = 50.0 },
    { .name = "vast", .kind = EXPRESSION_NAME_NUMBER, .number = 1e39 },
    { .name = "slope", .kind = EXPRESSION_NAME_TABLE, .values = slopes, .count = RANDOM_HEADS },
    { .name = "bucket", .kind = EXPRESSION_NAME_TABLE, .values = whole, .count = 3 },
    { .name = "bare", .kind = EXPRESSION_NAME_TABLE, .values = whole }
};

static bool parse(struct expression *score, const char *text, struct expression_error *error)
{
    return expression_parse_score(score, text, names, sizeof names / sizeof *names, RANDOM_HEADS, error);
}

static void check_printed(const char *text, const char *expected)
{
    struct expression score;
    struct expression_error error = { 0, "" };
    char printed[1024] = "";
    if (parse(&score, text, &error))
        expression_print(&score, printed, sizeof printed);
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(printed, expected);
}

static void check_refused(const char *text, int column, const char *expected)
{
    struct expression score;
    struct expression_error error = { 0, "" };
    CHECK(!parse(&score, text, &error));
    CHECK_TEXT(error.text, expected);
    if (!CHECK(error.column == column))
        printf("    column %d of \"%s\"\n", error.column, text);
}

static void check_value(const char *text, double s, double expected)
{
    static const int64_t at[EXPRESSION_VARIABLES] = { -7, 3, 1, 2, 10, 20 };
    struct expression score;
    struct expression_error error = { 0, "" };
    CHECK(parse(&score, text, &error));
    if (!CHECK(fabs(expression_number(&score, at, s, NULL) - expected) < 1e-12))
        printf("    \"%s\" is %g\n", text, expression_number(&score, at, s, NULL));
}

static void scores_have_one_text(void)
{
    check_printed("s", "s");
    check_printed("cap * tanh(s / cap)", "50 * tanh(s / 50)");
    check_printed("s - slope[0] * abs(q-k)", "s - 0.5 * abs(q - k)");
    check_printed("s + bucket[min(2, h)]", "s + {3, 1, 2}[min(2, h)]");
    check_printed("s + {1.0, 2.5}[h % 2]", "s + {1.0, 2.5}[h % 2]");
    check_printed("if k < 5 then s else if h == 0 then 2.0 else s * 1.0", "if k < 5 then s else if h == 0 then 2 else s");
    check_printed("(if s > 1.0 then 1 else 2.5) + 1e-3", "(if s > 1 then 1 else 2.5) + 0.001");
    check_printed("exp(0.0) + 0 * q", "1.0");
    check_printed("-(-s) + 0", "s");
}

static void scores_are_computed(void)
{
    check_value("50 * tanh(s / 50)", 10.0, 50.0 * tanh(0.2));
    check_value("s - slope[h] * abs(q - k)", 1.0, 1.0 - 0.25 * 10.0);
    check_value("floor(-1.5) + 7 / 2 + 7 // 2", 0.0, 4.5);
    check_value("max(q, k) + min(s, 0.5)", 2.0, 3.5);
    check_value("if s <= 2.0 and not (k == 4) then log(exp(s)) else 0", 2.0, 2.0);
    check_value("bf16(s) + bf16(257) + bf16(-259) + bf16(1e-41)", 1.00390625, 1.0 + 256.0 - 260.0 + 9.18355e-41);      /* ties are even */
    check_value("sqrt(q_len + h + 5) * bucket[k % 3]", 0.0, 12.0);
}

/* bf16 climbs in steps; the slope counts as that of what it rounds. */
static void a_rounded_score_has_the_slope_of_what_is_rounded(void)
{
    static const int64_t at[EXPRESSION_VARIABLES] = { 0 };
    struct expression score, derivative;
    struct expression_error error;
    CHECK(parse(&score, "bf16(3 * s) * 2", &error) && expression_derive(&derivative, &score, RANDOM_HEADS, &error));
    CHECK(expression_number(&derivative, at, 1.2345, NULL) == 6.0);
    CHECK(fabs(expression_number(&score, at, 65.0, NULL) - expression_number(&score, at, 1.0, NULL) - 64.0 * 6.0) < 4.0);
}

static void scores_that_make_no_sense_are_refused(void)
{
    check_refused("s <= 1", 3, "expected a number; found the boolean `s <= 1`");
    check_refused("s // 2", 1, "'//' expects an integer, found the number `s`");
    check_refused("slope + s", 7, "expected '[', found '+'");
    check_refused("slope[q - k]", 9, "`q - k` can leave the table, which has 0 to 7: it lies between -33554430 and 16777215");
    check_refused("slope[s]", 7, "'[]' expects an integer, found the number `s`");
    check_refused("bare[0]", 1, "bare is a table without values");
    check_refused("s * vast", 5, "vast is 1e+39; expected a number that fits into a float");
    check_refused("s + 1 / 0", 7, "`1 / 0` is inf; expected a number that fits into a float");
    check_refused("s + exp(1000)", 5, "`exp(1000)` is inf; expected a number that fits into a float");
    check_refused("max(s)", 6, "expected ',', found ')'");
    check_refused("if s then 1 else 2", 4, "'if' expects a condition, found the number `s`");
    check_refused("if k < q then s", 16, "expected 'else', found the end");
    check_refused("s + 1.5.2", 5, "expected a number, found '1.5.2'");
    check_refused("s + 1e", 5, "expected a number, found '1e'");
    check_refused("s + {}[0]", 6, "expected a number, found '}'");
}

static void a_score_takes_the_place_of_another(void)
{
    struct expression cap, bias, both;
    struct expression_error error;
    char text[256];
    CHECK(parse(&cap, "50 * tanh(s / 50)", &error) && parse(&bias, "s - slope[h] * (q - k)", &error));
    CHECK(expression_substitute(&both, &cap, &bias, RANDOM_HEADS, &error));
    expression_print(&both, text, sizeof text);
    CHECK_TEXT(text, "50 * tanh((s - {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625}[h] * (q - k)) / 50)");
    CHECK(parse(&bias, "q", &error) && parse(&cap, "s * k * k", &error));
    CHECK(expression_substitute(&both, &cap, &bias, RANDOM_HEADS, &error));
    expression_print(&both, text, sizeof text);
    CHECK_TEXT(text, "q / 1 * k * k");
}

/* Random scores -------------------------------------------------------------------------------- */

struct random_numbers { double at[RANDOM_POINTS]; };

/* A number over the points and one s for all, with its values. */
static struct random_numbers random_number(struct random_expression *e, double s, int depth)
{
    static const char *const starts[] = { "(", "(", "(", "tanh(", "exp(-abs(", "sqrt(2+abs(", "log(1.5+abs(", "(if s<0.25 then ", "max(", "abs(" };
    static const char *const middles[] = { "+", "-", "*", "", "", "", "", " else ", ",", "" };
    static const char *const ends[] = { ")", ")", ")", ")", "))", "))", "))", ")", ")", ")" };
    struct random_numbers a, b = { { 0.0 } };
    if (depth == 0) {
        const bool leaf = random_between(e->random, 0, 2) > 0;
        random_put(e, leaf ? "s" : "slope[h]*2.5");
        for (int i = 0; i < RANDOM_POINTS; i++)
            a.at[i] = leaf ? s : slopes[e->points[i][EXPRESSION_H]] * 2.5;
        return a;
    }
    const int op = (int)random_between(e->random, 0, 9);
    random_put(e, starts[op]);
    a = random_number(e, s, depth - 1);
    random_put(e, middles[op]);
    if (middles[op][0] != '\0')
        b = random_number(e, s, depth - 1);
    random_put(e, ends[op]);
    for (int i = 0; i < RANDOM_POINTS; i++) {
        const double x = a.at[i], y = b.at[i];
        const double values[] = { x + y, x - y, x * y, tanh(x), exp(-fabs(x)), sqrt(2 + fabs(x)), log(1.5 + fabs(x)), s < 0.25 ? x : y,
                                  x > y ? x : y, fabs(x) };
        a.at[i] = values[op];
    }
    return a;
}

static struct random_numbers random_score(struct random_expression *e, struct random *random, double s)
{
    e->random = random;
    e->length = 0;
    for (int i = 0; i < RANDOM_POINTS; i++)
        random_point(random, e->points[i]);
    return random_number(e, s, (int)random_between(random, 0, SCORE_DEPTH));
}

static bool is_near(double a, double b, double tolerance)
{
    return CHECK(fabs(a - b) <= tolerance * (1.0 + fabs(b)));
}

/* The value, its text's value, and the slope between two points near s unless it bends between them. */
static bool agrees(const struct random_expression *e, const struct random_numbers *values, const struct expression *score, double s)
{
    const double step = 1e-5;
    struct expression again, derivative;
    struct expression_error error = { 0, "" };
    char text[8192];
    expression_print(score, text, sizeof text);
    bool equal = CHECK(expression_parse_score(&again, text, NULL, 0, RANDOM_HEADS, &error));
    const bool derives = expression_derive(&derivative, score, RANDOM_HEADS, &error);
    equal = CHECK(derives || strstr(error.text, "more than") != NULL) && equal;
    for (int i = 0; i < RANDOM_POINTS && equal; i++) {
        const int64_t *at = e->points[i];
        const double value = expression_number(score, at, s, NULL);
        equal = is_near(value, values->at[i], 1e-12) && is_near(expression_number(&again, at, s, NULL), value, 1e-12);
        const double up = (expression_number(score, at, s + step, NULL) - value) / step, down = (value - expression_number(score, at, s - step, NULL)) / step;
        if (derives && fabs(up - down) < 1e-3 * (1.0 + fabs(up)))
            equal = equal && is_near(expression_number(&derivative, at, s, NULL), (up + down) / 2, 1e-4);
    }
    return equal;
}

static void random_scores_have_their_values_and_slopes(void)
{
    static struct random_expression made;
    struct random random = random_start(RANDOM_SEED);
    struct expression_error error;
    struct expression score;
    int accepted = 0;
    for (int i = 0; accepted < SCORES && i < 20 * SCORES; i++) {
        const double s = random_uniform(&random) * 4.0 - 2.0;
        const struct random_numbers values = random_score(&made, &random, s);
        if (!parse(&score, made.text, &error))
            continue;
        accepted++;
        if (!agrees(&made, &values, &score, s)) {
            printf("    seed %d, score %d at s = %g: \"%s\"\n", RANDOM_SEED, i, s, made.text);
            return;
        }
    }
    CHECK(accepted == SCORES);
}

int main(void)
{
    RUN(scores_have_one_text);
    RUN(scores_are_computed);
    RUN(a_rounded_score_has_the_slope_of_what_is_rounded);
    RUN(scores_that_make_no_sense_are_refused);
    RUN(a_score_takes_the_place_of_another);
    RUN(random_scores_have_their_values_and_slopes);
    return test_end();
}
