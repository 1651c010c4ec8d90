/*
** Scores as vector C of every target this CPU has, compiled behind an emitted file
** that holds the operations, and compared with the same scores as numbers.
*/
#include <dlfcn.h>
#include <math.h>

#include "../../generator/emit/expression_c.h"
#include "../test.h"
#include "expression_random.h"
#include "temporary.h"

enum { MOST_LANES = 16, POINTS = 200 };

static const char *const scores[] = {
    "s", "q - k", "s + 0.25 * h", "50 * tanh(s / 50)", "s - {0.5, 0.25, 0.125, 0.1, 0.05, 0.025, 0.0125, 0.00625}[h] * abs(q - k)",
    "-s * exp(-abs(s)) + log(1.5 + s * s)", "s + {0.5, -1.5, 2.5}[k % 3] - {1, 2, 3}[min(2, k // 7)]", "max(min(s, 1.5), -0.5) + floor(s * 3)",
    "if s < 0.5 and k % 2 == 0 then s / 3 else sqrt(abs(s))", "s + (if k <= q then max(k, 3) else min(q, 7)) * 0.001",
    "s * tanh(0.1 * h + 0.01) + exp(-b)", "(if h == 2 then 1.5 else b) * s", "if s >= 0 and not (s == 1) or s ~= s then 1 else -abs(k - 5) / 2",
    "bf16(s) - bf16(0.3 * h) * bf16(1000 * (k % 50))"
};

enum { SCORES = sizeof scores / sizeof *scores };

static const struct { const char *name; int lanes; } targets[] = { { "scalar", 1 }, { "avx2", 8 }, { "avx512", 16 } };

static void function_put(struct text *text, int i, const char *target)
{
    struct expression score;
    struct expression_error error = { 0, "" };
    const char *suffix = arena_format(text->arena, "_%s", target), *tables = arena_format(text->arena, "table_%d_%s_", i, target);
    if (!CHECK(expression_parse_score(&score, scores[i], NULL, 0, RANDOM_HEADS, &error)))
        return;
    expression_tables_c(text, &score, tables);
    text_format(text, "KERNEL%s void score_%d%s(const float *from, int32_t q, int32_t first, int32_t h, int32_t b, float *to)\n{\n"
                "    const vec%s s = vload%s(from);\n    const ivec%s k = iramp%s(first);\n"
                "    (void)s; (void)k; (void)q; (void)h; (void)b;\n    vstore%s(to, ", suffix, i, suffix, suffix, suffix, suffix, suffix, suffix);
    expression_score_c(text, &score, EXPRESSION_K, suffix, tables, -1);
    text_put(text, ");\n}\n");
}

static void target_put(struct text *text, const char *target)
{
    for (int i = 0; i < SCORES; i++)
        function_put(text, i, target);
    text_format(text, "int has_%s(void) { return supported_%s(); }\n"
                "void score_%s(int i, const float *from, int32_t q, int32_t first, int32_t h, int32_t b, float *to)\n{\n", target, target, target);
    for (int i = 0; i < SCORES; i++)
        text_format(text, "    if (i == %d)\n        score_%d_%s(from, q, first, h, b, to);\n", i, i, target);
    text_put(text, "}\n");
}

static void *load(void)
{
    struct arena *arena = arena_create();
    const char *folder = temporary_make(arena), *source = arena_format(arena, "%s/scores.c", folder);
    struct text text = text_start(arena);
    text_put(&text, "#include \"sanitized.c\"\n"
             "static inline int32_t attn_smaller(int32_t a, int32_t b) { return a < b ? a : b; }      /* no mask there needs it */\n");
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
        target_put(&text, targets[t].name);
    FILE *file = fopen(source, "w");
    const bool written = file != NULL && fputs(text.data, file) >= 0 && fclose(file) == 0;
    const char *command = arena_format(arena, "build/attngen emit tests/emitted/sanitized.lua -o %s > /dev/null && clang -std=c11 -O1 -Wall "
                                       "-Wextra -Wconversion -Wshadow -Werror -shared -fPIC -o %s/scores.so %s", folder, folder, source);
    void *loaded = written && system(command) == 0 ? dlopen(arena_format(arena, "%s/scores.so", folder), RTLD_NOW) : NULL;
    temporary_remove(folder);
    arena_destroy(arena);
    return loaded;
}

typedef void score_function(int i, const float *from, int32_t q, int32_t first, int32_t h, int32_t b, float *to);

static void check_score(score_function *function, int lanes, int i, struct random *random)
{
    struct expression score;
    struct expression_error error;
    float from[MOST_LANES], to[MOST_LANES];
    int64_t at[EXPRESSION_VARIABLES] = { random_between(random, 0, 40), 0, random_between(random, 0, 7), random_between(random, 0, 5) };
    const int64_t first = random_between(random, 0, 40);
    if (!expression_parse_score(&score, scores[i], NULL, 0, RANDOM_HEADS, &error))
        return;
    for (int lane = 0; lane < lanes; lane++)
        from[lane] = (float)(random_normal(random) * 2.0);
    function(i, from, (int32_t)at[EXPRESSION_Q], (int32_t)first, (int32_t)at[EXPRESSION_H], (int32_t)at[EXPRESSION_B], to);
    for (int lane = 0; lane < lanes; lane++) {
        at[EXPRESSION_K] = first + lane;
        const double expected = expression_number(&score, at, (double)from[lane], NULL);
        if (!CHECK(fabs((double)to[lane] - expected) <= 2e-6 * (1.0 + fabs(expected))))
            printf("    \"%s\" at s = %g: %g, expected %g\n", scores[i], (double)from[lane], (double)to[lane], expected);
    }
}

static void compiled_scores_have_their_values(void)
{
    struct random random = random_start(RANDOM_SEED);
    void *loaded = load();
    if (!CHECK(loaded != NULL))
        return;
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        char has[32], name[32];
        snprintf(has, sizeof has, "has_%s", targets[t].name);
        snprintf(name, sizeof name, "score_%s", targets[t].name);
        int (*const supported)(void) = (int (*)(void))dlsym(loaded, has);
        score_function *const function = (score_function *)dlsym(loaded, name);
        if (CHECK(supported != NULL && function != NULL) && supported())
            for (int i = 0; i < SCORES * POINTS; i++)
                check_score(function, targets[t].lanes, i % SCORES, &random);
    }
}

int main(void)
{
#if defined(__x86_64__)
    RUN(compiled_scores_have_their_values);
#else
    printf("skip compiled_scores_have_their_values: not x86-64\n");
#endif
    return test_end();
}
