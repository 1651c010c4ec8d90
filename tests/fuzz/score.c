/*
** The expression of a score: parsed, printed, parsed again, derived, and put into itself.
*/
#include "fuzz_expression.h"

/* Bit by bit, but any not-a-number is as good as another. */
static bool number_agrees(double a, double b)
{
    return a == b || (a != a && b != b);
}

static void values_agree(const struct expression *score, const struct expression *again)
{
    const struct expression_source source = fuzz_source(score), same = fuzz_source(again);
    for (int i = 0; i < FUZZ_POINTS; i++)
        FUZZ_CHECK(number_agrees(expression_number(score, fuzz_points[i], 1.5, &source),
                                 expression_number(again, fuzz_points[i], 1.5, &same)));
}

/* What is made of a score is a score, or refused with a sentence. */
static void derivative_is_a_score(const struct expression *score)
{
    struct expression result, again;
    struct expression_error error;
    if (expression_derive(&result, score, FUZZ_HEADS, &error))
        fuzz_reprint(expression_parse_score, &result, &again);
    if (expression_substitute(&result, score, score, FUZZ_HEADS, &error))
        fuzz_reprint(expression_parse_score, &result, &again);
}

static void score_try(const char *text)
{
    struct expression score, again;
    struct expression_error error;
    if (!expression_parse_score(&score, text, fuzz_names, FUZZ_NAMES, FUZZ_HEADS, &error)) {
        fuzz_refused(text, &error);
        return;
    }
    fuzz_reprint(expression_parse_score, &score, &again);
    values_agree(&score, &again);
    derivative_is_a_score(&score);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    score_try(text);
    free(text);
    return 0;
}
