/*
** The expression of a mask: parsed, printed, parsed again, combined, and classified on a tile.
*/
#include "../../generator/expression/range.h"
#include "fuzz_expression.h"

static void values_agree(const struct expression *mask, const struct expression *again)
{
    const struct expression_source source = fuzz_source(mask), same = fuzz_source(again);
    for (int i = 0; i < FUZZ_POINTS; i++)
        FUZZ_CHECK(expression_evaluate(mask, fuzz_points[i], &source) == expression_evaluate(again, fuzz_points[i], &same));
}

static void complement_excludes(const struct expression *mask)
{
    struct expression complement;
    if (!expression_not(&complement, mask, FUZZ_HEADS))
        return;
    const struct expression_source source = fuzz_source(mask), same = fuzz_source(&complement);
    for (int i = 0; i < FUZZ_POINTS; i++)
        FUZZ_CHECK(expression_evaluate(mask, fuzz_points[i], &source) != expression_evaluate(&complement, fuzz_points[i], &same));
}

/* A tile of one query and one key is neither dropped nor taken as full against the mask's value. */
static void classes_are_sound(const struct expression *mask)
{
    for (int i = 0; i < FUZZ_POINTS; i++) {
        struct range box[EXPRESSION_VARIABLES];
        for (int v = 0; v < EXPRESSION_VARIABLES; v++)
            box[v] = (struct range){ fuzz_points[i][v], fuzz_points[i][v] };
        const struct expression_source source = fuzz_source(mask);
        const bool visible = expression_evaluate(mask, fuzz_points[i], &source);
        const struct range keys = range_keys(mask, box);
        FUZZ_CHECK(range_sight(mask, box) != (visible ? SIGHT_NONE : SIGHT_ALL));
        FUZZ_CHECK(!visible || keys.low <= keys.high);
    }
}

static void mask_try(const char *text)
{
    struct expression mask, again;
    struct expression_error error;
    if (!expression_parse(&mask, text, fuzz_names, FUZZ_NAMES, FUZZ_HEADS, &error)) {
        fuzz_refused(text, &error);
        return;
    }
    fuzz_reprint(expression_parse, &mask, &again);
    values_agree(&mask, &again);
    complement_excludes(&mask);
    classes_are_sound(&mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    mask_try(text);
    free(text);
    return 0;
}
