/*
** Expressions as C: many random ones go into one file, which is compiled without
** a warning, loaded, and compared with the same expressions as numbers.
*/
#include <dlfcn.h>

#include "../../generator/emit/expression_c.h"
#include "../test.h"
#include "expression_random.h"
#include "temporary.h"

enum { EXPRESSIONS = 200, BOXES = 400 };

/* What the compiled file holds of each expression. */
struct compiled {
    int (*sight)(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last, int32_t h, int32_t b, int32_t q_len,
                 int32_t kv_len);
    void (*keys)(int32_t q_first, int32_t q_last, int32_t h, int32_t b, int32_t q_len, int32_t kv_len, int32_t *k_first,
                 int32_t *k_last);
    int (*sees_queries)(int32_t q, int32_t k, int32_t h, int32_t b, int32_t q_len, int32_t kv_len);
    int (*sees_keys)(int32_t q, int32_t k, int32_t h, int32_t b, int32_t q_len, int32_t kv_len);
};

/* Vectors are structs of one lane, so that a scalar in a vector's place does not compile. */
static const char prelude[] =
    "#include <stdint.h>\n"
    "#if defined(__clang__)\n"
    "#pragma clang diagnostic ignored \"-Wtautological-overlap-compare\"\n"      /* as in every emitted file */
    "#endif\n"
    "#define UNUSED __attribute__((unused))\n"
    "typedef struct { int32_t lane; } ivec_test;\n"
    "typedef struct { int lane; } mask_test;\n"
    "UNUSED static int32_t attn_floor_div(int32_t a, int32_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }\n"
    "UNUSED static int32_t attn_floor_mod(int32_t a, int32_t b) { return a - attn_floor_div(a, b) * b; }\n"
    "UNUSED static int32_t attn_magnitude(int32_t a) { return a < 0 ? -a : a; }\n"
    "UNUSED static int32_t attn_smaller(int32_t a, int32_t b) { return a < b ? a : b; }\n"
    "UNUSED static int32_t attn_larger(int32_t a, int32_t b) { return a > b ? a : b; }\n"
    "UNUSED static int32_t attn_clip(int64_t a) { return a > INT32_MAX ? INT32_MAX : a < -INT32_MAX ? -INT32_MAX : (int32_t)a; }\n"
    "UNUSED static int32_t attn_key_from(int32_t a, int64_t b) { return b <= a ? a : b < 1 << 24 ? (int32_t)b : 1 << 24; }\n"
    "UNUSED static int32_t attn_key_to(int32_t a, int64_t b) { return b >= a ? a : b < -1 ? -1 : (int32_t)b; }\n"
    "UNUSED static int64_t past(int64_t a, int64_t n, int64_t l) { return ((a - (l > 0 ? l : 0)) % n + n) % n; }\n"
    "UNUSED static int64_t wide(int64_t n, int64_t l, int64_t h) { return (h < n ? h : n - 1) - (l > 0 ? l : 0); }\n"
    "UNUSED static int64_t attn_remainder_from(int64_t a, int64_t n, int64_t l, int64_t h)\n"
    "{ return past(a, n, l) <= wide(n, l, h) ? a : a + n - past(a, n, l); }\n"
    "UNUSED static int64_t attn_remainder_to(int64_t a, int64_t n, int64_t l, int64_t h)\n"
    "{ return past(a, n, l) <= wide(n, l, h) ? a : a - past(a, n, l) + wide(n, l, h); }\n"
    "UNUSED static ivec_test iset_test(int32_t a) { return (ivec_test){ a }; }\n"
    "UNUSED static mask_test mset_test(int a) { return (mask_test){ a != 0 }; }\n"
    "UNUSED static ivec_test iadd_test(ivec_test a, ivec_test b) { return (ivec_test){ a.lane + b.lane }; }\n"
    "UNUSED static ivec_test isub_test(ivec_test a, ivec_test b) { return (ivec_test){ a.lane - b.lane }; }\n"
    "UNUSED static ivec_test imul_test(ivec_test a, ivec_test b) { return (ivec_test){ a.lane * b.lane }; }\n"
    "UNUSED static ivec_test idiv_test(ivec_test a, ivec_test b) { return (ivec_test){ attn_floor_div(a.lane, b.lane) }; }\n"
    "UNUSED static ivec_test imod_test(ivec_test a, ivec_test b) { return (ivec_test){ attn_floor_mod(a.lane, b.lane) }; }\n"
    "UNUSED static ivec_test iabs_test(ivec_test a) { return (ivec_test){ attn_magnitude(a.lane) }; }\n"
    "UNUSED static ivec_test imin_test(ivec_test a, ivec_test b) { return (ivec_test){ attn_smaller(a.lane, b.lane) }; }\n"
    "UNUSED static ivec_test imax_test(ivec_test a, ivec_test b) { return (ivec_test){ attn_larger(a.lane, b.lane) }; }\n"
    "UNUSED static ivec_test itable_test(const int32_t *t, ivec_test i) { return (ivec_test){ t[i.lane] }; }\n"
    "UNUSED static ivec_test iselect_test(mask_test m, ivec_test a, ivec_test b) { return m.lane ? a : b; }\n"
    "UNUSED static mask_test ieq_test(ivec_test a, ivec_test b) { return (mask_test){ a.lane == b.lane }; }\n"
    "UNUSED static mask_test ile_test(ivec_test a, ivec_test b) { return (mask_test){ a.lane <= b.lane }; }\n"
    "UNUSED static mask_test ilt_test(ivec_test a, ivec_test b) { return (mask_test){ a.lane < b.lane }; }\n"
    "UNUSED static mask_test mand_test(mask_test a, mask_test b) { return (mask_test){ a.lane & b.lane }; }\n"
    "UNUSED static mask_test mor_test(mask_test a, mask_test b) { return (mask_test){ a.lane | b.lane }; }\n"
    "UNUSED static mask_test mnot_test(mask_test a) { return (mask_test){ !a.lane }; }\n";

/* What emitted code has to pass; a value that leaves 32 bits, or a division by 0, stops the program. */
static const char flags[] = "-std=c11 -O1 -Wall -Wextra -Wno-unused-parameter -Wconversion -Wshadow -Werror -shared -fPIC "
                            "-fsanitize=signed-integer-overflow,integer-divide-by-zero -fsanitize-undefined-trap-on-error";

/* Masks as people write them, before the random ones. */
static const char *const written[] = {
    "true", "false", "k <= q", "k <= q and q - k <= 4095", "q - k <= 5 and k - q <= 3", "k <= q or k < 7",
    "k // 64 == q // 64 and k <= q", "k <= q // 16 * 16 + 15", "b == 1", "h % 2 == 0 or q - k < 100",
    "k <= q and k ~= 3", "not (k <= q and (b == 0 or h < 3))", "k < kv_len - q_len or k <= q",
    "(k + 3) % (h + 1) == 0 and k % (k // 8 + 1) < 2", "-q // 3 * -5 < 2 * k and 100 * k <= q + 7",
    "q // (k + 1) < 3", "abs(q - k) <= 5", "max(0, q - k) < min(h + 3, 7 - b % 3)", "{3, 0, 7, -2}[(q - k) % 4] + k <= q",
    "(if h < 3 then q - k else k - q) <= (if k % 2 == 0 then 4 else 9)", "if h == 0 then k <= q else q - k < 9",
    "{1, 2, 3, 4, 5, 6, 7, 8}[h] > {0, 5}[if k < q then 1 else 0]", "(if b == 0 then 2 else 5) > abs(h - 4) and k < q",
    "abs(q - k) == 9 or k % 5 == 0", "min(k // 3, q % 40) <= 30 and max(k, q) // 16 == 4", "abs(k % 50 - 20) < 3",
    "(if k // 8 > q then k % 12 else -k * 3) + q < 40", "(k + q // 3) % 9 * 2 - k // 4 >= h", "7 - k * -2 // 5 < 50",
    "min({9, 4}[h % 2], abs(q - k) % 7) - {5, 6, 7}[min(2, max(0, q - k))] < 2"
};

enum { WRITTEN = sizeof written / sizeof *written };

static struct expression expressions[EXPRESSIONS];

static void expressions_make(void)
{
    static struct random_expression made;
    struct random random = random_start(RANDOM_SEED);
    struct expression_error error;
    for (int i = 0; i < EXPRESSIONS;) {
        random_expression_make(&made, &random);
        const char *text = i < WRITTEN ? written[i] : made.text;
        const bool parsed = expression_parse(&expressions[i], text, NULL, 0, RANDOM_HEADS, &error);
        if (i < WRITTEN ? CHECK(parsed) : parsed && expressions[i].count > 1)
            i++;
    }
}

/* A function that masks with one varying variable; its caller gives scalars. */
static void sees_put(struct text *text, int i, const char *name, enum expression_variable varying, const char *tables)
{
    const bool queries = varying == EXPRESSION_Q;
    text_format(text, "static mask_test %s_vector_%d(%s q, %s k, int32_t h, int32_t b, int32_t q_len, int32_t kv_len)\n{\n"
                "    (void)q; (void)k; (void)h; (void)b; (void)q_len; (void)kv_len;\n    return ",
                name, i, queries ? "ivec_test" : "int32_t", queries ? "int32_t" : "ivec_test");
    expression_vector_c(text, &expressions[i], varying, "_test", tables);
    text_format(text, ";\n}\nstatic int %s_%d(int32_t q, int32_t k, int32_t h, int32_t b, int32_t q_len, int32_t kv_len)\n{\n"
                "    return %s_vector_%d(%s, %s, h, b, q_len, kv_len).lane;\n}\n",
                name, i, name, i, queries ? "iset_test(q)" : "q", queries ? "k" : "iset_test(k)");
}

static void functions_put(struct text *text, int i)
{
    const char *tables = arena_format(text->arena, "table_%d_", i);
    expression_tables_c(text, &expressions[i], tables);
    text_format(text, "static int sight_%d(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last, int32_t h, "
                "int32_t b, int32_t q_len, int32_t kv_len)\n{\n", i);
    expression_sight_c(text, &expressions[i], tables);
    text_format(text, "}\nstatic void keys_%d(int32_t q_first, int32_t q_last, int32_t h, int32_t b, int32_t q_len, "
                "int32_t kv_len, int32_t *k_first, int32_t *k_last)\n{\n", i);
    expression_keys_c(text, &expressions[i], tables);
    text_put(text, "}\n");
    sees_put(text, i, "sees_queries", EXPRESSION_Q, tables);
    sees_put(text, i, "sees_keys", EXPRESSION_K, tables);
}

static bool file_write(const char *path, struct arena *arena)
{
    struct text text = text_start(arena);
    FILE *file = fopen(path, "w");
    text_put(&text, prelude);
    for (int i = 0; i < EXPRESSIONS; i++)
        functions_put(&text, i);
    text_put(&text, "struct compiled {\n"
             "    int (*sight)(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);\n"
             "    void (*keys)(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t *, int32_t *);\n"
             "    int (*sees_queries)(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);\n"
             "    int (*sees_keys)(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);\n};\n"
             "extern const struct compiled compiled[];\nconst struct compiled compiled[] = {\n");
    for (int i = 0; i < EXPRESSIONS; i++)
        text_format(&text, "    { sight_%d, keys_%d, sees_queries_%d, sees_keys_%d },\n", i, i, i, i);
    text_put(&text, "};\n");
    return file != NULL && fputs(text.data, file) >= 0 && fclose(file) == 0;
}

/* The compiled expressions, or NULL. */
static const struct compiled *load(const char *compiler)
{
    struct arena *arena = arena_create();
    const char *folder = temporary_make(arena);
    const char *source = arena_format(arena, "%s/masks.c", folder), *library = arena_format(arena, "%s/masks.so", folder);
    const char *command = arena_format(arena, "%s %s -o %s %s", compiler, flags, library, source);
    void *loaded = file_write(source, arena) && system(command) == 0 ? dlopen(library, RTLD_NOW) : NULL;
    temporary_remove(folder);
    arena_destroy(arena);
    return loaded == NULL ? NULL : dlsym(loaded, "compiled");
}

/* Divisors made of k may be 0 where there is no key. */
static bool no_keys_stay_none(const struct compiled *compiled)
{
    int32_t first = 0, last = -1;
    compiled->keys(0, 15, 0, 0, 16, 0, &first, &last);
    return CHECK(first > last);
}

static bool agrees(const struct expression *expression, const struct compiled *compiled, const struct range *box)
{
    static const int sights[] = { [SIGHT_NONE] = 0, [SIGHT_SOME] = 1, [SIGHT_ALL] = 2 };
    int32_t low[EXPRESSION_VARIABLES], high[EXPRESSION_VARIABLES];
    int64_t at[EXPRESSION_VARIABLES];
    for (int v = 0; v < EXPRESSION_VARIABLES; v++) {
        at[v] = box[v].low;
        low[v] = (int32_t)box[v].low;
        high[v] = (int32_t)box[v].high;
    }
    const int32_t q = low[EXPRESSION_Q], k = low[EXPRESSION_K], h = low[EXPRESSION_H], b = low[EXPRESSION_B];
    const int32_t q_len = low[EXPRESSION_Q_LEN], kv_len = low[EXPRESSION_KV_LEN];
    int32_t first = k, last = high[EXPRESSION_K];
    compiled->keys(q, high[EXPRESSION_Q], h, b, q_len, kv_len, &first, &last);
    const struct range keys = range_keys(expression, box);
    const bool sees = expression_evaluate(expression, at, NULL);
    bool equal = CHECK(compiled->sight(q, high[EXPRESSION_Q], k, high[EXPRESSION_K], h, b, q_len, kv_len)
                       == sights[range_sight(expression, box)]);
    equal = CHECK(first >= k && last <= high[EXPRESSION_K]) && equal;      /* kernels read what lies between */
    equal = CHECK((first > last && keys.low > keys.high) || (first == keys.low && last == keys.high)) && equal;
    equal = CHECK(compiled->sees_queries(q, k, h, b, q_len, kv_len) == sees) && equal;
    return CHECK(compiled->sees_keys(q, k, h, b, q_len, kv_len) == sees) && equal;
}

static void compare(const struct compiled *compiled)
{
    struct random random = random_start(RANDOM_SEED);
    for (int i = 0; i < EXPRESSIONS; i++)
        for (int j = 0; j < BOXES; j++) {
            struct range box[EXPRESSION_VARIABLES];
            char text[4096];
            random_box(&random, box);
            if (!agrees(&expressions[i], &compiled[i], box) || !no_keys_stay_none(&compiled[i])) {
                expression_print(&expressions[i], text, sizeof text);
                printf("    seed %d, expression %d, box %d: \"%s\"\n", RANDOM_SEED, i, j, text);
                return;
            }
        }
}

static void compile_and_compare(const char *compiler)
{
    const struct compiled *compiled = load(compiler);
    if (CHECK(compiled != NULL))
        compare(compiled);
}

static void clang_agrees(void)
{
    if (system("command -v clang > /dev/null") != 0)
        SKIP("there is no clang");
    compile_and_compare("clang");
}

static void gcc_agrees(void)
{
    if (system("command -v gcc > /dev/null") != 0)
        SKIP("there is no gcc");
    compile_and_compare("gcc");
}

/* Text ----------------------------------------------------------------------------------------- */

static const char *code(struct arena *arena, const char *mask, void (*put)(struct text *, const struct expression *))
{
    struct expression expression;
    struct expression_error error;
    struct text text = text_start(arena);
    if (CHECK(expression_parse(&expression, mask, NULL, 0, RANDOM_HEADS, &error)))
        put(&text, &expression);
    return text.data;
}

static void put_queries(struct text *text, const struct expression *expression)
{
    expression_vector_c(text, expression, EXPRESSION_Q, "_avx2", "table");
}

static void put_keys(struct text *text, const struct expression *expression)
{
    expression_vector_c(text, expression, EXPRESSION_K, "_avx2", "table");
}

static void put_sight(struct text *text, const struct expression *expression)
{
    expression_sight_c(text, expression, "table");
}

static void put_keys_range(struct text *text, const struct expression *expression)
{
    (void)expression_keys_c(text, expression, "table");
}

static void causal_reads_well(void)
{
    struct arena *arena = arena_create();
    CHECK_TEXT(code(arena, "k <= q", put_queries), "ile_avx2(iset_avx2(k), q)");
    CHECK_TEXT(code(arena, "k <= q", put_keys), "ile_avx2(k, iset_avx2(q))");
    CHECK_TEXT(code(arena, "k <= q", put_sight),
               "    if (k_first > q_last)\n        return 0;\n"
               "    return k_last <= q_first ? 2 : 1;\n");
    CHECK_TEXT(code(arena, "k <= q", put_keys_range),
               "    (void)q_first;\n    (void)k_first;\n"
               "    if (*k_last > q_last)\n        *k_last = q_last;\n");
    arena_destroy(arena);
}

static void what_does_not_vary_stays_scalar(void)
{
    struct arena *arena = arena_create();
    CHECK_TEXT(code(arena, "k <= q or h == 0 and b < 2 or k + 1 > 3 * b", put_queries),
               "mor_avx2(mor_avx2(ile_avx2(iset_avx2(k), q), mset_avx2(h == 0 && b < 2)), mset_avx2(k + 1 > 3 * b))");
    CHECK_TEXT(code(arena, "q // 4 - k % 3 ~= -q", put_queries),
               "mnot_avx2(ieq_avx2(isub_avx2(idiv_avx2(q, iset_avx2(4)), iset_avx2(attn_floor_mod(k, 3))), "
               "isub_avx2(iset_avx2(0), q)))");
    CHECK_TEXT(code(arena, "not (b == 1 or (h == 0 or q_len > 2) and kv_len >= 3)", put_keys),
               "mset_avx2(!(b == 1 || ((h == 0 || q_len > 2) && kv_len >= 3)))");
    CHECK_TEXT(code(arena, "true", put_keys), "mset_avx2(1)");
    arena_destroy(arena);
}

int main(void)
{
    expressions_make();
    RUN(causal_reads_well);
    RUN(what_does_not_vary_stays_scalar);
    RUN(clang_agrees);
    RUN(gcc_agrees);
    return test_end();
}
