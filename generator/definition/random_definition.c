#include <string.h>

#include "random_definition.h"

enum { MASK_DEPTH = 3 };      /* of and, or, not in an expression */

static const int sizes[] = { 1, 3, 5, 8, 16, 20, 32, 37, 64, 80, 96, 128 };
static const int kv_heads[] = { 1, 1, 2, 2, 3, 4 }, groups[] = { 1, 1, 2, 3, 4, 5, 8 };
static const int distances[] = { 0, 1, 2, 7, 15, 16, 33, 63, 64, 65, 100, 200 };     /* on the key axis */
static const int divisors[] = { 1, 2, 3, 7, 16, 64, 100 };
static const int contexts[] = { 16, 60, 100, 512, 4096 };                            /* that a model was trained on */

/* Draws once: two of them in one call would draw in an order that C leaves open. */
#define CHOOSE(random, array) (array)[random_between((random), 0, (int64_t)(sizeof (array) / sizeof *(array)) - 1)]

static bool chance(struct random *random, int one_in)
{
    return random_between(random, 1, one_in) == 1;
}

/* Expressions -------------------------------------------------------------------------------- */

static void put_integer(struct text *text, struct random *random)
{
    static const char *const places[] = { "q", "k", "q", "k", "h", "b", "q_len", "kv_len" };
    static const char *const operators[] = { "//", "%" };
    const char *place = CHOOSE(random, places), *operator = CHOOSE(random, operators);
    const int divisor = CHOOSE(random, divisors), distance = CHOOSE(random, distances);
    switch (random_between(random, 0, 4)) {
    case 0: text_put(text, "q - k"); break;
    case 1: text_format(text, "%s %s %d", place, operator, divisor); break;
    case 2: text_format(text, "%s + %d", place, distance); break;
    case 3: text_format(text, "%s - %d * h", place, divisor); break;
    default: text_put(text, place); break;
    }
}

static void put_comparison(struct text *text, struct random *random)
{
    static const char *const comparisons[] = { "<", "<=", ">", ">=", "==", "~=" };
    put_integer(text, random);
    text_format(text, " %s ", CHOOSE(random, comparisons));
    if (chance(random, 2))
        text_format(text, "%d", CHOOSE(random, distances));
    else
        put_integer(text, random);
}

static void put_boolean(struct text *text, int depth, struct random *random)
{
    static const char *const operators[] = { "and", "or" };
    if (depth == 0 || chance(random, 2)) {
        put_comparison(text, random);
        return;
    }
    if (chance(random, 4))
        text_put(text, "not ");
    text_put(text, "(");
    put_boolean(text, depth - 1, random);
    text_format(text, " %s ", CHOOSE(random, operators));
    put_boolean(text, depth - 1, random);
    text_put(text, ")");
}

/* Masks -------------------------------------------------------------------------------------- */

static void put_none(struct text *text, struct random *random)
{
    (void)random;
    text_put(text, "none()");
}

static void put_causal(struct text *text, struct random *random)
{
    (void)random;
    text_put(text, "causal()");
}

static void put_window(struct text *text, struct random *random)
{
    const int left = CHOOSE(random, distances), right = CHOOSE(random, distances);
    if (chance(random, 2))
        text_format(text, "causal() & window { left = %d }", left);
    else
        text_format(text, "window { left = %d, right = %d }", left, right);
}

static void put_chunk(struct text *text, struct random *random)
{
    text_format(text, "where \"k <= q and k // W == q // W\" { W = %d }", CHOOSE(random, divisors));
}

static void put_causal_where(struct text *text, struct random *random)
{
    text_put(text, chance(random, 4) ? "causal() & ~where \"" : "causal() & where \"");
    put_boolean(text, MASK_DEPTH, random);
    text_put(text, "\"");
}

static void put_where(struct text *text, struct random *random)
{
    text_put(text, chance(random, 4) ? "causal() | where \"" : "where \"");
    put_boolean(text, MASK_DEPTH, random);
    text_put(text, "\"");
}

/* Arrays that the caller hands over, over every axis and of every type. None is declared in another way by a score. */
static const char *const array_masks[] = {
    "document()", "document() & causal()", "document() & window { left = 33 }", "boolean()", "boolean() & causal()",
    "where \"mine[q] == theirs[b][k]\" { mine = array { integer, query }, theirs = array { integer, sequence, key } }",
    "causal() & where \"kind[q] <= kind[k] or open[k]\" "
    "{ kind = array { integer { min = -3, max = 3 }, key }, open = array { boolean, key } }",
    "where \"k >= first[q] and k < first[q] + n[h]\" "
    "{ first = array { integer { min = 0, max = 200 }, query }, n = array { integer { min = 0, max = 100 }, head } }",
    "causal() & where \"block[min(max(q // 16, 0), 7)][min(k // 16, 7)]\" { block = array { boolean, 8, 8 } }",
    "where \"if open[q] then k <= q else near[min(max(q - k + 3, 0), 6)] > h\" "
    "{ open = array { boolean, query }, near = array { integer { min = -2, max = 5 }, 7 } }"
};

static void put_arrays(struct text *text, struct random *random)
{
    text_put(text, CHOOSE(random, array_masks));
}

/* Whether no query sees keys arbitrarily far before its own. */
static bool put_mask(struct text *text, struct random *random)
{
    static const struct { void (*put)(struct text *text, struct random *random); bool bounded; } masks[] = {
        { put_none, false }, { put_causal, false }, { put_causal, false }, { put_window, true }, { put_window, true },
        { put_chunk, false }, { put_causal_where, false }, { put_causal_where, false }, { put_where, false },
        { put_arrays, false }, { put_arrays, false }
    };
    const int64_t choice = random_between(random, 0, (int64_t)(sizeof masks / sizeof *masks) - 1);
    text_put(text, ", mask = ");
    masks[choice].put(text, random);
    return masks[choice].bounded;
}

/* Scores ---------------------------------------------------------------------------------------- */

/* Steps that keep scores small, where floats are fine, and do not jump with s, where rounding would decide. */
static const char *const score_steps[] = {
    "softcap(20)", "softcap { cap = 2.5 }", "alibi()", "alibi { max = 4 }", "expr \"s * 0.5\"",
    "expr \"s - a * min(abs(q - k), w)\" { a = 0.125, w = 40 }", "expr \"if q - k < 8 then s + 1 else s\"",
    "expr \"s + t[min(abs(q - k) // 4, 5)]\" { t = { 0.5, -0.25, 1, 0, -1.5, 0.75 } }",
    "expr \"max(s, -3) + 0.1 * h\"", "expr \"tanh(s) * sqrt(1 + h) + log(1 + k % 7)\"",
    "temperature { span = 16 }", "temperature { span = 100, scale = 0.5 }",
    "expr \"s - bf16(0.03 * h + 0.01) * bf16(k)\"", "expr \"s * exp(-0.01 * abs(q - k)) + floor(0.3 * h)\"",
    "bias()", "expr \"s + late[b][k] * loud[h]\" { late = array { number, sequence, key }, loud = array { number, head } }",
    "expr \"s + r[q][h][min(max(k - q, -4), 4) + 4]\" { r = array { number, query, head, 9 } }",
    "expr \"if mine_too[q] == its[k] then s + 1 else s\" { mine_too = array { integer, query }, its = array { integer, key } }"
};

static void put_score(struct text *text, struct random *random)
{
    if (chance(random, 2))
        return;
    text_format(text, ", score = { %s", CHOOSE(random, score_steps));
    if (chance(random, 2))
        text_format(text, ", %s", CHOOSE(random, score_steps));
    text_put(text, " }");
}

/* True when a row that sees no key takes every value, as no ring keeps them. */
static bool put_weights(struct text *text, struct random *random)
{
    static const char *const sinks[] = { "zero", "per_head" }, *const rows[] = { "nan", "mean" };
    if (chance(random, 8))
        text_put(text, ", normalize = sigmoid");
    else if (chance(random, 3))
        text_format(text, ", sink = %s", CHOOSE(random, sinks));
    const char *row = chance(random, 4) ? CHOOSE(random, rows) : NULL;
    if (row != NULL)
        text_format(text, ", hidden_row = %s", row);
    return row == rows[1];
}

/* Definitions -------------------------------------------------------------------------------- */

static void put_linear(struct text *text, int dims, struct random *random)
{
    (void)dims;
    text_format(text, "linear { factor = %d }", CHOOSE(random, divisors));
}

static void put_llama3(struct text *text, int dims, struct random *random)
{
    (void)dims;
    const int factor = CHOOSE(random, divisors), original = CHOOSE(random, contexts);
    text_format(text, "llama3 { factor = %d, low = 1, high = %d, original = %d }", factor,
                (int)random_between(random, 2, 8), original);
}

/* Attention factors stay near 1: they grow the scores, and with them the error. */
static void put_yarn(struct text *text, int dims, struct random *random)
{
    static const char *const factors[] = { "", ", attention_factor = 1.25", ", mscale = 0.7, mscale_all_dim = 1" };
    (void)dims;
    const int factor = CHOOSE(random, divisors), original = CHOOSE(random, contexts);
    const char *attention_factor = CHOOSE(random, factors);
    text_format(text, "yarn { factor = %d, original = %d%s%s }", factor, original, attention_factor,
                chance(random, 2) ? ", truncate = false" : "");
}

static void put_divisors(struct text *text, const char *name, int dims, struct random *random)
{
    text_format(text, "%s = {", name);
    for (int i = 0; i < dims / 2; i++)
        text_format(text, " %.2f,", 1 + 8 * random_uniform(random));
    text_put(text, " }, ");
}

static void put_longrope(struct text *text, int dims, struct random *random)
{
    const int factor = CHOOSE(random, divisors), original = CHOOSE(random, contexts);
    text_put(text, "longrope { ");
    put_divisors(text, "short", dims, random);
    put_divisors(text, "long", dims, random);
    text_format(text, "use = %s, factor = %d, original = %d }", chance(random, 2) ? "short" : "long", factor, original);
}

/* Two dimensions have no such base. */
static void put_dynamic(struct text *text, int dims, struct random *random)
{
    const int factor = CHOOSE(random, divisors), original = CHOOSE(random, contexts);
    if (dims < 4)
        put_linear(text, dims, random);
    else
        text_format(text, "dynamic { factor = %d, original = %d, length = %d }", factor, original,
                    original * (int)random_between(random, 1, 3));
}

static void put_scaling(struct text *text, int dims, struct random *random)
{
    static void (*const scalings[])(struct text *text, int dims, struct random *random) = {
        put_linear, put_llama3, put_yarn, put_longrope, put_dynamic
    };
    if (chance(random, 2))
        return;
    text_put(text, ", scaling = ");
    CHOOSE(random, scalings)(text, dims, random);
}

/* Whether q and k are rotated. */
static bool put_position(struct text *text, int d_k, struct random *random)
{
    static const int bases[] = { 100, 10000, 500000 };
    static const char *const pairings[] = { "half", "interleaved" };
    if (d_k < 2 || chance(random, 3))
        return false;
    const int dims = chance(random, 2) ? d_k / 2 * 2 : 2 * (int)random_between(random, 1, d_k / 2);
    const int base = CHOOSE(random, bases);
    text_format(text, ", position = rope { base = %d, dims = %d, pairing = %s", base, dims, CHOOSE(random, pairings));
    put_scaling(text, dims, random);
    text_put(text, " }");
    return true;
}

/*
** A layer norm of one dimension leaves nothing, and behind a rotation it takes differences, which can be tiny, of what
** float has rounded: of few dimensions there is none.
*/
static void put_norm(struct text *text, const char *field, bool rotates, int d_k, struct random *random)
{
    static const char *const kinds[] = { "rms", "l2", "layer" };
    static const char *const weights[] = { "none", "shared", "per_head" };
    static const char *const epsilons[] = { "1e-6", "1e-5", "0.01" };
    if (!chance(random, 4))
        return;
    const int64_t kind = random_between(random, 0, d_k >= 16 ? 2 : 1), weighted = random_between(random, 0, 2);
    text_format(text, ", %s = %s { eps = %s, weights = %s", field, kinds[kind], CHOOSE(random, epsilons), weights[weighted]);
    if (weighted > 0 && chance(random, 2))
        text_put(text, ", offset = 1");
    if (weighted > 0 && kind == 2 && chance(random, 2))
        text_put(text, ", bias = true");
    if (rotates && chance(random, 2))
        text_put(text, ", when = after");
    text_put(text, " }");
}

/* A page is a multiple of 64 keys and of a block, or a part of one. Whether it is a ring. */
static bool put_layout(struct text *text, bool bounded, const struct random_wish *wish, struct random *random)
{
    int page = 64;
    while (page % wish->block != 0)
        page += 64;
    const bool ring = bounded && chance(random, 3);
    if (ring)
        text_put(text, ", layout = ring()");
    else if (chance(random, 3))
        text_format(text, ", layout = paged { tokens = %d }", !wish->whole_blocks && chance(random, 3) ? 16 : page * (int)random_between(random, 1, 3));
    return ring;
}

static const char *const caches[] = {
    "f32", "f16", "bf16", "fp8", "int8", "int8 { block = 16 }", "int8 { block = 32 }", "int4", "int4 { block = 64 }"
};

/* Products of what the cache holds. */
static const struct { const char *name, *cache; } computes[] = {
    { "bf16", "bf16" }, { "bf16", "bf16" }, { "int8", "int8" }, { "int8", "{ k = int8, v = f16 }" }
};

/* Of those whose name is wished for, or of all. */
static void put_compute(struct text *text, const char *name, struct random *random)
{
    enum { COMPUTES = sizeof computes / sizeof *computes };
    int choice = (int)random_between(random, 0, COMPUTES - 1);
    for (int passed = 0; passed < COMPUTES && name != NULL && strcmp(computes[choice].name, name) != 0; passed++)
        choice = (choice + 1) % COMPUTES;
    text_format(text, ", cache = %s, compute = %s", computes[choice].cache, computes[choice].name);
}

static void put_cache(struct text *text, bool one, const char *compute, struct random *random)
{
    if (compute == NULL && chance(random, 2))
        return;
    if (compute != NULL || (!one && chance(random, 3))) {
        put_compute(text, compute, random);
        return;
    }
    const char *k = CHOOSE(random, caches), *v = CHOOSE(random, caches);
    if (!one && chance(random, 3))
        text_format(text, ", cache = { k = %s, v = %s }", k, v);
    else
        text_format(text, ", cache = %s", k);
}

/* One of the heads at least, which it returns, and each other as it falls. */
static int put_keep(struct text *text, int heads, struct random *random)
{
    const int always = (int)random_between(random, 0, heads - 1), one_in = (int)random_between(random, 2, 4);
    text_put(text, ", keep = {");
    for (int head = 0; head < heads; head++)
        if (head == always || chance(random, one_in))
            text_format(text, " %d,", head);
    text_put(text, " }");
    return always;
}

/* A ring has lost the keys whose scores hidden ones still have. */
static void put_outputs(struct text *text, int head, bool ring, struct random *random)
{
    static const char *const matrices[] = { "masked", "normalized", "product", "scored" };
    if (!chance(random, 4))
        return;
    const int64_t matrix = random_between(random, 0, ring ? 2 : 4) - 1;      /* -1: none */
    text_put(text, ", outputs = { ");
    if (matrix >= 0)
        text_format(text, "matrix = %s, ", matrices[matrix]);
    if (matrix >= 0 && chance(random, 2))
        text_format(text, "heads = { %d }, ", head);
    text_format(text, "column_sums = %s }", matrix < 0 || chance(random, 2) ? "true" : "false");
}

static void put_activations(struct text *text, struct random *random)
{
    static const char *const types[] = { "f16", "bf16" };
    if (chance(random, 4))
        text_format(text, ", activations = %s", CHOOSE(random, types));
}

static void put_definition(struct text *text, const struct random_wish *wish, struct random *random)
{
    const int heads = CHOOSE(random, kv_heads), group = CHOOSE(random, groups);
    const int d_k = CHOOSE(random, sizes), d_v = chance(random, 2) ? d_k : CHOOSE(random, sizes);
    text_format(text, "{ heads = %d, kv_heads = %d, d_k = %d, d_v = %d", heads * group, heads, d_k, d_v);
    int head = (int)random_between(random, 0, heads * group - 1);      /* one that is left */
    if (heads * group > 1 && chance(random, 5))
        head = put_keep(text, heads * group, random);
    if (chance(random, 3))
        text_format(text, ", scale = %.3f", 0.01 + random_uniform(random));
    const bool bounded = put_mask(text, random);
    put_score(text, random);
    const bool whole = put_weights(text, random);
    const bool tail = d_v <= d_k && !wish->own_values && wish->compute == NULL && chance(random, 4);      /* a value is a part of its key, which does not turn */
    if (tail)
        text_put(text, ", v = tail_of_k");
    const bool rotates = put_position(text, tail ? d_k - d_v : d_k, random);
    put_norm(text, "q_norm", rotates, d_k, random);
    if (!tail)
        put_norm(text, "k_norm", rotates, d_k, random);
    const bool ring = put_layout(text, bounded && !whole, wish, random);
    put_cache(text, tail, wish->compute, random);
    put_outputs(text, head, ring, random);
    put_activations(text, random);
    text_put(text, " },\n");
}

void random_definition_config(struct text *text, const char *name, int count, const struct random_wish *wish, struct random *random)
{
    text_format(text, "name = \"%s\"\n\nattention = {\n", name);
    for (int i = 0; i < count; i++) {
        text_format(text, "  d%d = ", i);
        put_definition(text, wish, random);
    }
    text_put(text, "}\n\nlayers = {");
    for (int i = 0; i < count; i++)
        text_format(text, "%s\"d%d\"", i > 0 ? ", " : " ", i);
    text_put(text, " }\n");
}

/* Plans -------------------------------------------------------------------------------------- */

void random_definition_plan(struct text *text, struct random *random)
{
    static const char *const orders[] = {
        "tile=16,segment=16", "tile=16,segment=48", "tile=32,segment=64,block=32", "tile=48,segment=96,block=96", "tile=64,segment=64",
        "tile=128,segment=128", "tile=16,segment=1024,block=128"
    };
    static const char *const blocks[] = { "queries=16", "queries=32", "queries=48", "queries=64,value_queries=2", "queries=96" };
    static const int score_keys[] = { 1, 2, 4 }, unrolls[] = { 1, 2, 3, 4, 7 };
    const char *order = CHOOSE(random, orders), *block = CHOOSE(random, blocks);
    const int keys = CHOOSE(random, score_keys), unroll = CHOOSE(random, unrolls);
    static const char *const fetches[] = { "", ",fetch=0", ",fetch=1" };
    static const char *const appends[] = { "", ",append=0", ",append_rows=3", ",append_rows=1,append_fetch=0", ",append=64,append_rows=5,append_fetch=1" };
    const char *fetch = CHOOSE(random, fetches), *append = CHOOSE(random, appends);
    text_format(text, "%s,%s,score_keys=%d,unroll=%d%s%s", order, block, keys, unroll, fetch, append);
}
