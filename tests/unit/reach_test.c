/*
** How far back masks see: what is claimed, against what is visible.
*/
#include "../../generator/expression/reach.h"
#include "../test.h"
#include "expression_random.h"

static int64_t reach(const char *text)
{
    struct expression mask;
    struct expression_error error;
    if (!CHECK(expression_parse(&mask, text, NULL, 0, 4, &error)))
        return -1;
    return reach_of(&mask, (struct range){ 0, 3 });
}

static void windows_have_an_end(void)
{
    CHECK(reach("q - k <= 33") == 33);
    CHECK(reach("k <= q and k > q - 100 and k % 3 ~= 1") == 99);
    CHECK(reach("2 * k >= 2 * q - 7") == 3);
    CHECK(reach("q - k <= 5 or k == q - 9") == 9);
    CHECK(reach("q - k < 8 - h") == 7);
    CHECK(reach("not (q - k > 12)") == 12);
    CHECK(reach("k >= q") == 0);
    CHECK(reach("false") == 0);
}

static void others_have_none(void)
{
    CHECK(reach("k <= q") == REACH_UNBOUNDED);
    CHECK(reach("q - k <= 5 or k < 4") == REACH_UNBOUNDED);
    CHECK(reach("true") == REACH_UNBOUNDED);
    CHECK(reach("2 * k >= q - 5") == REACH_UNBOUNDED);
    CHECK(reach("q - k < q_len") == REACH_UNBOUNDED);
}

/* Random masks that are within a window, perhaps, at random points: nothing visible lies farther back. */
static void no_visible_key_is_farther(void)
{
    static struct random_expression random_text;
    struct random random = random_start(RANDOM_SEED);
    int bounded = 0;
    for (int i = 0; i < 2000 && test_checks_failed == 0; i++) {
        struct expression mask;
        struct expression_error error;
        char text[sizeof random_text.text + 64];
        random_expression_make(&random_text, &random);
        snprintf(text, sizeof text, i % 2 == 0 ? "%s" : "(%s) and q - k <= %d", random_text.text, i % 40);
        if (!expression_parse(&mask, text, NULL, 0, RANDOM_HEADS, &error))
            continue;
        const int64_t reach = reach_of(&mask, (struct range){ 0, RANDOM_HEADS - 1 });
        bounded += reach < REACH_UNBOUNDED;
        for (int point = 0; point < RANDOM_POINTS; point++) {
            int64_t *at = random_text.points[point];
            for (at[EXPRESSION_K] = 0; at[EXPRESSION_K] < 300; at[EXPRESSION_K]++)
                if (expression_evaluate(&mask, at, NULL) && at[EXPRESSION_Q] - at[EXPRESSION_K] > reach && reach < REACH_UNBOUNDED) {
                    CHECK_TEXT(text, "a mask that reaches no farther than is said");
                    return;
                }
        }
    }
    CHECK(bounded > 500);
}

int main(void)
{
    RUN(windows_have_an_end);
    RUN(others_have_none);
    RUN(no_visible_key_is_farther);
    return test_end();
}
