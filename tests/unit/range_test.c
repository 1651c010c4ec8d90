/*
** Ranges: what is said about a box against every point of it.
*/
#include "../../generator/expression/range.h"
#include "../test.h"
#include "expression_random.h"

enum { EXPRESSIONS = 2000, BOXES = 50 };

/* What the points of a box show. */
struct truth_of_points { bool one_visible, one_hidden; struct range keys; };

static struct truth_of_points enumerate(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    struct truth_of_points truth = { false, false, { INT64_MAX, INT64_MIN } };
    int64_t at[EXPRESSION_VARIABLES];
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        at[v] = box[v].low;
    for (at[EXPRESSION_H] = box[EXPRESSION_H].low; at[EXPRESSION_H] <= box[EXPRESSION_H].high; at[EXPRESSION_H]++)
        for (int64_t q = box[EXPRESSION_Q].low; q <= box[EXPRESSION_Q].high; q++)
            for (int64_t k = box[EXPRESSION_K].low; k <= box[EXPRESSION_K].high; k++) {
                at[EXPRESSION_Q] = q;
                at[EXPRESSION_K] = k;
                if (!expression_evaluate(expression, at, NULL)) {
                    truth.one_hidden = true;
                    continue;
                }
                truth.one_visible = true;
                truth.keys.low = k < truth.keys.low ? k : truth.keys.low;
                truth.keys.high = k > truth.keys.high ? k : truth.keys.high;
            }
    return truth;
}

static void print_box(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    char text[4096];
    expression_print(expression, text, sizeof text);
    printf("    seed %d: \"%s\"\n   ", RANDOM_SEED, text);
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        printf(" %lld..%lld", (long long)box[v].low, (long long)box[v].high);
    printf(" (q k h b q_len kv_len)\n");
}

static bool is_sound(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    const struct truth_of_points truth = enumerate(expression, box);
    const enum sight sight = range_sight(expression, box);
    const struct range keys = range_keys(expression, box);
    bool sound = CHECK(sight != SIGHT_NONE || !truth.one_visible);
    sound = CHECK(sight != SIGHT_ALL || !truth.one_hidden) && sound;
    sound = CHECK(!truth.one_visible || (keys.low <= truth.keys.low && keys.high >= truth.keys.high)) && sound;
    return CHECK(keys.low > keys.high || (keys.low >= box[EXPRESSION_K].low && keys.high <= box[EXPRESSION_K].high)) && sound;
}

static bool is_exact(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    const struct truth_of_points truth = enumerate(expression, box);
    const enum sight expected = !truth.one_visible ? SIGHT_NONE : !truth.one_hidden ? SIGHT_ALL : SIGHT_SOME;
    const struct range keys = range_keys(expression, box);
    bool exact = CHECK(range_sight(expression, box) == expected);
    if (truth.one_visible)
        exact = CHECK(keys.low == truth.keys.low && keys.high == truth.keys.high) && exact;
    else
        exact = CHECK(keys.low > keys.high) && exact;
    return exact;
}

static bool parse(struct expression *expression, const char *text)
{
    struct expression_error error;
    return expression_parse(expression, text, NULL, 0, RANDOM_HEADS, &error);
}

static void random_boxes_are_sound(void)
{
    static struct random_expression made;
    struct random random = random_start(RANDOM_SEED);
    int decided = 0;
    for (int accepted = 0; accepted < EXPRESSIONS;) {
        struct expression expression;
        random_expression_make(&made, &random);
        if (!parse(&expression, made.text) || !expression_uses(&expression, EXPRESSION_K))
            continue;
        accepted++;
        for (int i = 0; i < BOXES; i++) {
            struct range box[EXPRESSION_VARIABLES];
            random_box(&random, box);
            box[EXPRESSION_H].low = random_between(&random, 0, box[EXPRESSION_H].high);
            decided += range_sight(&expression, box) != SIGHT_SOME;
            if (!is_sound(&expression, box)) {
                print_box(&expression, box);
                return;
            }
        }
    }
    CHECK(decided > EXPRESSIONS * BOXES / 2);
}

/* Each key of a box in turn near the diagonal, where everything about these masks happens. */
static void check_exact(const char *text)
{
    struct random random = random_start(RANDOM_SEED);
    struct expression expression;
    if (!CHECK(parse(&expression, text)))
        return;
    for (int i = 0; i < 20000; i++) {
        struct range box[EXPRESSION_VARIABLES];
        random_box(&random, box);
        if (i % 2 == 0) {
            const int64_t shift = random_between(&random, -12, 12), low = box[EXPRESSION_K].low + shift;
            const int64_t length = box[EXPRESSION_K].high - box[EXPRESSION_K].low;
            box[EXPRESSION_K] = (struct range){ low < 0 ? 0 : low, low < 0 ? length : low + length };
        }
        if (!is_exact(&expression, box)) {
            print_box(&expression, box);
            return;
        }
    }
}

static void causal_and_window_are_exact(void)
{
    check_exact("k <= q");
    check_exact("k < q + 3");
    check_exact("q - k <= 5");
    check_exact("q - k <= 5 and k - q <= 3");
    check_exact("k <= q and q - k <= 4");
    check_exact("not (k > q)");
    check_exact("not (k > q or q - k > 4)");
    check_exact("k + q <= 2 * q");
    check_exact("2 * k - q <= k");
}

static void sums_are_exact(void)
{
    check_exact("3 * k <= q + 7");
    check_exact("2 * k < 3 * q - 4 * b");
    check_exact("-2 * k <= -q");
}

static void check_keys(const char *text, int64_t low, int64_t high)
{
    const struct range box[EXPRESSION_VARIABLES] = { { 100, 163 }, { 0, 1000 }, { 2, 3 }, { 1, 1 }, { 64, 64 }, { 512, 512 } };
    struct expression expression;
    if (!CHECK(parse(&expression, text)))
        return;
    const struct range keys = range_keys(&expression, box);
    const bool both_empty = low > high && keys.low > keys.high;
    if (!CHECK(both_empty || (keys.low == low && keys.high == high)))
        printf("    \"%s\": %lld..%lld\n", text, (long long)keys.low, (long long)keys.high);
}

static void bounds_on_keys_are_solved(void)
{
    check_keys("true", 0, 1000);
    check_keys("false", 1, 0);
    check_keys("k <= q", 0, 163);
    check_keys("k <= q and q - k <= 31", 69, 163);
    check_keys("k <= q and (q - k <= 31 or k < 4)", 0, 163);
    check_keys("k == q", 100, 163);
    check_keys("2 * k == q", 50, 81);
    check_keys("3 * k >= q", 34, 1000);
    check_keys("k < h * 10", 0, 29);
    check_keys("k < 10 or k == 20 or k >= 990 and b == 0", 0, 20);
    check_keys("b == 0", 1, 0);
    check_keys("b == 1 and k < q_len", 0, 63);
    check_keys("not (k > q or k < 7)", 7, 163);
    check_keys("k <= q // 64 * 64 + 63", 0, 191);
    check_keys("k // 64 == q // 64", 64, 191);
    check_keys("q // 50 < k // 50 and k // 50 <= 4", 150, 249);
    check_keys("abs(q - k) <= 5", 95, 168);
    check_keys("abs(k - 500) == 100", 400, 600);
    check_keys("min(k, 400) >= 70 and max(k // 3, q) <= 120", 70, 362);
    check_keys("(if h < 3 then k + 2 else k * 3) == q", 34, 161);
    check_keys("-(k // 3 * 6) > -100", 0, 50);
    check_keys("7 - k * -2 // 5 < 50", 0, 105);
    check_keys("k % 700 == 500", 500, 500);
    check_keys("(k + q) % 700 >= 650", 487, 599);
    check_keys("(k // 64 - 1) % 8 == 0", 64, 639);
    check_keys("k - q // 64 * 64 < 0", 0, 127);
    check_keys("q // 64 == 9", 1, 0);
}

static void check_sight(const char *text, enum sight expected)
{
    const struct range box[EXPRESSION_VARIABLES] = { { 64, 127 }, { 128, 191 }, { 2, 2 }, { 1, 1 }, { 64, 64 }, { 512, 512 } };
    struct expression expression;
    if (CHECK(parse(&expression, text)) && !CHECK(range_sight(&expression, box) == expected))
        printf("    \"%s\"\n", text);
}

static void tiles_are_classified(void)
{
    check_sight("true", SIGHT_ALL);
    check_sight("false", SIGHT_NONE);
    check_sight("k <= q", SIGHT_NONE);
    check_sight("k <= q + 1", SIGHT_SOME);
    check_sight("k > q", SIGHT_ALL);
    check_sight("k // 64 == q // 64 + 1", SIGHT_ALL);
    check_sight("k // 64 == q // 64", SIGHT_NONE);
    check_sight("k // 64 % 2 == 0", SIGHT_ALL);
    check_sight("k % 64 <= 63 and k % 65 <= 64", SIGHT_ALL);
    check_sight("k % 64 < 63", SIGHT_SOME);
    check_sight("k % 64 * (q // 64) < 64", SIGHT_ALL);
    check_sight("h % 2 == 0 and b == 1", SIGHT_ALL);
    check_sight("h % 2 == 1 or b == 0", SIGHT_NONE);
}

int main(void)
{
    RUN(random_boxes_are_sound);
    RUN(causal_and_window_are_exact);
    RUN(sums_are_exact);
    RUN(bounds_on_keys_are_solved);
    RUN(tiles_are_classified);
    return test_end();
}
