/*
** The reference on problems small enough for pencil and paper, and on lines that are not definitions.
*/
#include <math.h>
#include <stdlib.h>

#include "../../runtime/reference.h"
#include "../test.h"

enum { ERROR_BYTES = 400 };

static bool near(float found, double expected)
{
    return fabs((double)found - expected) <= 1e-6 * (1.0 + fabs(expected));
}

/* A line, with the mask and the position given. */
#define LINE(heads, kv_heads, d_k, d_v, mask, position) \
    "softmax heads=" #heads " kv_heads=" #kv_heads " d_k=" #d_k " d_v=" #d_v " scale=1 mask=\"" mask "\" " \
    "position=" position " cache=f32"

/* A line without a cache, and what follows. */
#define CACHED(rest) "softmax heads=1 kv_heads=1 d_k=1 d_v=1 scale=1 mask=\"true\" position=none" rest

/* One sequence of dense rows; writes all keys, then runs all queries. */
struct small {
    const char *line;
    int heads, kv_heads, d_k, d_v;
    int32_t q_len, kv_len, q_offset;
    const float *q, *k, *v;
    const int32_t *q_position, *k_position;
    const struct attn_args *given;        /* what the definition asks for besides, or NULL */
};

static void small_run(const struct small *small, float *o, float *lse)
{
    char error[ERROR_BYTES] = "";
    struct reference *reference = reference_create(small->line, error, sizeof error);
    CHECK_TEXT(error, "");
    if (!CHECK(reference != NULL))
        return;
    void *cache = malloc(reference_cache_bytes(reference, small->kv_len) + 1);
    const struct attn_sequence sequence = {
        .q_len = small->q_len, .q_offset = small->q_offset, .k_len = small->kv_len, .kv_len = small->kv_len,
        .cache = cache, .capacity = small->kv_len
    };
    struct attn_args args = {
        .sequence = &sequence, .sequences = 1,
        .q = small->q, .q_stride = small->heads * small->d_k, .q_head_stride = small->d_k,
        .k = small->k, .k_stride = small->kv_heads * small->d_k, .k_head_stride = small->d_k,
        .v = small->v, .v_stride = small->kv_heads * small->d_v, .v_head_stride = small->d_v,
        .o = o, .o_stride = small->heads * small->d_v, .o_head_stride = small->d_v, .lse = lse,
        .lse_stride = small->heads
    };
    if (small->given != NULL) {
        args.q_norm_weight = small->given->q_norm_weight;
        args.q_norm_bias = small->given->q_norm_bias;
    }
    reference_write(reference, &args, small->k_position);
    reference_attend(reference, &args, small->q_position);
    free(cache);
    reference_destroy(reference);
}

/* Scores 0 and ln 3 weigh 1/4 and 3/4. */
static void two_keys_by_hand(void)
{
    const float q[] = { 1.0f }, k[] = { 0.0f, 1.0986122887f }, v[] = { 10.0f, 2.0f };
    float o[1], lse[1];
    small_run(&(struct small){ LINE(1, 1, 1, 1, "true", "none"), 1, 1, 1, 1, 1, 2, 0, q, k, v, NULL, NULL, NULL }, o, lse);
    CHECK(near(o[0], 10.0 / 4 + 2.0 * 3 / 4));
    CHECK(near(lse[0], log(4.0)));
}

static void scale_multiplies_scores(void)
{
    const float q[] = { 2.0f }, k[] = { 3.0f }, v[] = { 1.0f };
    float o[1], lse[1];
    const char *line = "softmax heads=1 kv_heads=1 d_k=1 d_v=1 scale=0.25 mask=\"true\" position=none cache=f32";
    small_run(&(struct small){ line, 1, 1, 1, 1, 1, 1, 0, q, k, v, NULL, NULL, NULL }, o, lse);
    CHECK(near(lse[0], 1.5));
}

/* With equal scores a query gives the mean of what it sees; what it does not see may be anything. */
static void causal_query_sees_its_past(void)
{
    const float q[] = { 0.0f, 0.0f, 0.0f }, k[] = { 1.0f, 1.0f, 1.0f }, v[] = { 3.0f, 5.0f, NAN };
    float o[3], lse[3];
    small_run(&(struct small){ LINE(1, 1, 1, 1, "k <= q", "none"), 1, 1, 1, 1, 2, 3, 0, q, k, v, NULL, NULL, NULL }, o, lse);
    CHECK(near(o[0], 3.0) && near(o[1], 4.0));
    CHECK(near(lse[0], 0.0) && near(lse[1], log(2.0)));
}

/* Scores 0 and ln 3 weigh 1/2 and 3/4, each by itself. */
static void sigmoid_weights_are_not_divided(void)
{
    const float q[] = { 1.0f }, k[] = { 0.0f, 1.0986122887f }, v[] = { 10.0f, 2.0f };
    float o[1], lse[1];
    small_run(&(struct small){ LINE(1, 1, 1, 1, "true", "none normalize=sigmoid"), 1, 1, 1, 1, 1, 2, 0, q, k, v, NULL, NULL, NULL },
              o, lse);
    CHECK(near(o[0], 10.0 / 2 + 2.0 * 3 / 4) && lse[0] == 0.0f);
}

/* The first query stands before all keys; their values have the mean 8. */
static void row_without_key_is_what_the_line_says(void)
{
    const float q[] = { 1.0f }, k[] = { 1.0f, 1.0f }, v[] = { 7.0f, 9.0f };
    float o[2], lse[2];
    small_run(&(struct small){ LINE(1, 1, 1, 1, "k <= q", "none hidden_row=nan"), 1, 1, 1, 1, 1, 2, -1, q, k, v, NULL, NULL, NULL },
              &o[0], &lse[0]);
    small_run(&(struct small){ LINE(1, 1, 1, 1, "k <= q", "none hidden_row=mean"), 1, 1, 1, 1, 1, 2, -1, q, k, v, NULL, NULL, NULL },
              &o[1], &lse[1]);
    CHECK(isnan(o[0]) && lse[0] == -INFINITY && o[1] == 8.0f && lse[1] == -INFINITY);
}

static void row_without_key_gives_zeros(void)
{
    const float q[] = { 1.0f, 1.0f }, k[] = { 1.0f }, v[] = { 7.0f };
    float o[2] = { 9.0f, 9.0f }, lse[2];
    small_run(&(struct small){ LINE(1, 1, 1, 1, "k <= q", "none"), 1, 1, 1, 1, 2, 1, -1, q, k, v, NULL, NULL, NULL }, o, lse);
    CHECK(o[0] == 0.0f && lse[0] == -INFINITY);
    CHECK(o[1] == 7.0f && near(lse[1], 1.0));
}

/* Heads 0 and 1 read KV head 0, heads 2 and 3 KV head 1; d_v is not d_k. */
static void heads_share_kv_heads(void)
{
    const float q[8] = { 0.0f }, k[4] = { 0.0f }, v[] = { 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f };
    float o[12], lse[4];
    small_run(&(struct small){ LINE(4, 2, 2, 3, "true", "none"), 4, 2, 2, 3, 1, 1, 0, q, k, v, NULL, NULL, NULL }, o, lse);
    for (int i = 0; i < 12; i++)
        CHECK(o[i] == v[i / 6 * 3 + i % 3]);
}

/* Heads 3 and 5 of 6 are left, which read KV heads 1 and 2 of 3: h is 3 and 5, and a single key's score is the lse. */
static void heads_left_keep_their_numbers(void)
{
    const float q[2] = { 0.0f }, k[2] = { 0.0f }, v[2] = { 7.0f, 9.0f };
    const char *line = "softmax heads=6 kv_heads=3 keep=3,5 d_k=1 d_v=1 scale=1 mask=\"true\" score=\"s + h\" position=none cache=f32";
    float o[2], lse[2];
    small_run(&(struct small){ line, 2, 2, 1, 1, 1, 1, 0, q, k, v, NULL, NULL, NULL }, o, lse);
    CHECK(o[0] == 7.0f && o[1] == 9.0f && lse[0] == 3.0f && lse[1] == 5.0f);
}

/* Unit vectors along two dimensions: of one pair, the score is the cosine or sine of the angle between their positions. */
static float rope_score(const char *line, int q_along, int k_along, int32_t q_position, int32_t k_position)
{
    float q[4] = { 0.0f }, k[4] = { 0.0f }, v[1] = { 0.0f }, o[1], lse[1];
    q[q_along] = k[k_along] = 1.0f;
    small_run(&(struct small){ line, 1, 1, 4, 1, 1, 1, 0, q, k, v, &q_position, &k_position, NULL }, o, lse);
    return lse[0];
}

#define ROPE(dims, pairing) LINE(1, 1, 4, 1, "true", "rope rope.base=100 rope.dims=" #dims " rope.pairing=" pairing)

/* Frequencies are 1 and 100^(-2/4) = 0.1; dimension 0 turns at 1, with dimension 2 or 1. */
static void rope_turns_pairs(void)
{
    CHECK(near(rope_score(ROPE(4, "half"), 0, 0, 12, 9), cos(3.0)));
    CHECK(near(rope_score(ROPE(4, "half"), 0, 2, 12, 9), sin(3.0)));
    CHECK(near(rope_score(ROPE(4, "half"), 0, 1, 12, 9), 0.0));
    CHECK(near(rope_score(ROPE(4, "interleaved"), 0, 1, 12, 9), sin(3.0)));
    CHECK(near(rope_score(ROPE(4, "interleaved"), 0, 2, 12, 9), 0.0));
    CHECK(near(rope_score(ROPE(4, "half"), 0, 0, 5, 5), 1.0));
}

#define SCALED(scaling) LINE(1, 1, 4, 1, "true", "rope rope.base=100 rope.dims=4 rope.pairing=half rope.scaling=" scaling)
#define YARN "yarn rope.scaling.factor=4 rope.scaling.original=100 rope.scaling.beta_fast=32 rope.scaling.beta_slow=1 "
#define LONGROPE "longrope rope.scaling.factor=4 rope.scaling.original=100 rope.scaling.long=2,5 rope.scaling.short=1,1 "

/* Unscaled, the pairs turn at 1 and 0.1. */
static void check_scaling(const char *line, double first, double second, double magnitude)
{
    const double square = magnitude * magnitude;
    CHECK(near(rope_score(line, 0, 0, 12, 9), square * cos(3 * first)));
    CHECK(near(rope_score(line, 0, 2, 12, 9), square * sin(3 * first)));
    CHECK(near(rope_score(line, 1, 1, 12, 9), square * cos(3 * second)));
    CHECK(near(rope_score(line, 1, 3, 12, 9), square * sin(3 * second)));
}

/* By hand: within 100 positions the pairs turn 15.9 and 1.59 times; a pair that turned once would have the index 1.2. */
static void rope_scales_frequencies(void)
{
    const double pi = acos(-1.0), blend = (100 * 0.1 / (2 * pi) - 1) / 3, once = 2 * log(100 / (2 * pi)) / log(100);
    const double grown = 1 + 0.1 * log(4);
    check_scaling(SCALED("linear rope.scaling.factor=4"), 0.25, 0.025, 1);
    check_scaling(SCALED("llama3 rope.scaling.factor=4 rope.scaling.low=1 rope.scaling.high=4 rope.scaling.original=100"),
                  1, 0.025 + 0.075 * blend, 1);
    check_scaling(SCALED(YARN "rope.scaling.truncate=true rope.scaling.attention_factor=0 rope.scaling.mscale=0 "
                         "rope.scaling.mscale_all_dim=0"), 1, 0.0625, grown);
    check_scaling(SCALED(YARN "rope.scaling.truncate=false rope.scaling.attention_factor=0 rope.scaling.mscale=1 "
                         "rope.scaling.mscale_all_dim=1"), 1, 0.1 - 0.075 / once, 1);
    check_scaling(SCALED(YARN "rope.scaling.truncate=true rope.scaling.attention_factor=1.5 rope.scaling.mscale=0 "
                         "rope.scaling.mscale_all_dim=0"), 1, 0.0625, 1.5);
    check_scaling(SCALED(LONGROPE "rope.scaling.use=long rope.scaling.attention_factor=0"), 0.5, 0.02,
                  sqrt(1 + log(4) / log(100)));
    check_scaling(SCALED(LONGROPE "rope.scaling.use=short rope.scaling.attention_factor=2"), 1, 0.1, 2);
}

/* Of 2 dims, dimension 0 turns with 1 in either pairing, and 2 and 3 stay. */
static void rope_leaves_other_dimensions(void)
{
    CHECK(near(rope_score(ROPE(2, "half"), 0, 1, 2, 1), sin(1.0)));
    CHECK(near(rope_score(ROPE(2, "half"), 0, 2, 2, 1), 0.0));
    const float q[] = { 0.0f, 0.0f, 0.0f, 1.0f }, v[] = { 0.0f };
    const int32_t q_position = 1000, k_position = 3;
    float o[1], lse[1];
    small_run(&(struct small){ ROPE(2, "half"), 1, 1, 4, 1, 1, 1, 0, q, q, v, &q_position, &k_position, NULL }, o, lse);
    CHECK(near(lse[0], 1.0));
}

#define NORMED(norm) LINE(2, 1, 2, 1, "true", "none q_norm=" norm)
#define NORM_PARTS(weights) " q_norm.eps=0.5 q_norm.weights=" weights " q_norm.offset=1 q_norm.when=before"

/* The first number of (3, 4), by each of two heads: the score with the key (1, 0), normed by these weights. */
static void check_norm(const char *line, const float *weight, const float *bias, double first, double second)
{
    const float q[] = { 3.0f, 4.0f, 3.0f, 4.0f }, k[] = { 1.0f, 0.0f }, v[] = { 0.0f };
    const struct attn_args given = { .q_norm_weight = weight, .q_norm_bias = bias };
    float o[2], lse[2];
    small_run(&(struct small){ line, 2, 1, 2, 1, 1, 1, 0, q, k, v, NULL, NULL, &given }, o, lse);
    CHECK(near(lse[0], first) && near(lse[1], second));
}

/* (3, 4) has the mean 3.5, the variance 0.25, the mean square 12.5 and the length 5. */
static void norms_by_hand(void)
{
    const float weight[] = { 1.0f, 9.0f, 3.0f, 9.0f }, bias[] = { 10.0f, 9.0f };
    const double rms = 3 / sqrt(12.5 + 0.5), layer = -0.5 / sqrt(0.25 + 0.5);
    check_norm(NORMED("rms" NORM_PARTS("none")), NULL, NULL, rms, rms);
    check_norm(NORMED("rms" NORM_PARTS("shared")), weight, NULL, rms * 2, rms * 2);
    check_norm(NORMED("rms" NORM_PARTS("per_head")), weight, NULL, rms * 2, rms * 4);
    check_norm(NORMED("l2" NORM_PARTS("none")), NULL, NULL, 0.6, 0.6);
    check_norm(NORMED("layer" NORM_PARTS("none") " q_norm.bias=false"), NULL, NULL, layer, layer);
    check_norm(NORMED("layer" NORM_PARTS("shared") " q_norm.bias=true"), weight, bias, layer * 2 + 10, layer * 2 + 10);
}

/* A weight of 0 for the second number: before the rotation the turned vector still has one, behind it not. */
static void norms_stand_before_or_behind_rotation(void)
{
    const float q[] = { 1.0f, 0.0f }, k[] = { 0.0f, 1.0f }, v[] = { 0.0f }, weight[] = { 1.0f, 0.0f };
    const struct attn_args given = { .q_norm_weight = weight };
    const int32_t q_position = 1, k_position = 0;
    float o[1], before[1], after[1];
#define ROTATED(when) LINE(1, 1, 2, 1, "true", "rope rope.base=100 rope.dims=2 rope.pairing=half q_norm=l2 q_norm.eps=1e-6 " \
                           "q_norm.weights=shared q_norm.offset=0 q_norm.when=" when)
    small_run(&(struct small){ ROTATED("before"), 1, 1, 2, 1, 1, 1, 0, q, k, v, &q_position, &k_position, &given }, o, before);
    small_run(&(struct small){ ROTATED("after"), 1, 1, 2, 1, 1, 1, 0, q, k, v, &q_position, &k_position, &given }, o, after);
    CHECK(near(before[0], sin(1.0)) && near(after[0], 0.0));
}

/* A ragged batch in one call: a sequence without queries, one without keys, one with both; keys come in two pieces. */
static void sequences_are_ragged(void)
{
    char error[ERROR_BYTES];
    struct reference *reference = reference_create(LINE(1, 1, 1, 1, "k <= q", "none"), error, sizeof error);
    const float q[] = { 0.0f, 0.0f }, k[] = { 0.0f, 0.0f, 0.0f }, v[] = { 2.0f, 4.0f, 9.0f };
    double cache[3][4];
    float o[3] = { -1.0f, -1.0f, -1.0f };
    struct attn_sequence sequence[] = {
        { .k_row = 2, .k_len = 1, .kv_len = 1, .cache = cache[0], .capacity = 2 },
        { .q_row = 0, .q_len = 1, .cache = cache[1], .capacity = 0 },
        { .q_row = 1, .q_len = 1, .q_offset = 1, .k_row = 0, .k_len = 1, .kv_len = 1, .cache = cache[2], .capacity = 2 }
    };
    const struct attn_args args = {
        .sequence = sequence, .sequences = 3, .q = q, .q_stride = 1, .k = k, .k_stride = 1, .v = v, .v_stride = 1,
        .o = o, .o_stride = 1
    };
    CHECK(reference_cache_bytes(reference, 2) == 4 * sizeof(double));
    reference_write(reference, &args, NULL);
    sequence[0].k_len = 0;
    sequence[2].k_row = 1;
    sequence[2].kv_len = 2;
    reference_write(reference, &args, NULL);
    reference_attend(reference, &args, NULL);
    CHECK(o[0] == 0.0f && o[1] == 3.0f && o[2] == -1.0f);
    reference_destroy(reference);
}

static const struct { const char *line, *error; } wrong_lines[] = {
    { "", "a definition begins with 'softmax'; found ''" },
    { "linear heads=1", "a definition begins with 'softmax'; found 'linear'" },
    { "softmax", "heads is missing" },
    { "softmax  heads=1", "a definition has no ''" },
    { "softmax heads", "a definition's 'heads' stands once, followed by '=' and a value" },
    { "softmax heads=1 heads=1", "a definition's 'heads' stands once, followed by '=' and a value" },
    { "softmax heads=0", "heads is 0; expected a number from 1 to 1024" },
    { "softmax heads=1025", "heads is 1025; expected a number from 1 to 1024" },
    { "softmax heads=1e300", "heads is 1e300; expected a number from 1 to 1024" },
    { "softmax heads=nan", "heads is nan; expected a number from 1 to 1024" },
    { "softmax heads=1.5", "heads is 1.5; expected a whole number" },
    { "softmax heads=2x", "heads is 2x; expected a number from 1 to 1024" },
    { "softmax heads=", "the value of heads has 0 bytes; expected 1 to 139263" },
    { "softmax colour=red", "a definition has no 'colour'" },
    { "softmax mask=\"k <= q", "the quote after mask= does not end" },
    { "softmax mask=\"k\"heads=1", "expected a blank before 'heads=1'" },
    { "softmax cache=f8", "cache is f8; the reference knows f32 f16 bf16 fp8 int8 int4" },
    { LINE(3, 2, 1, 1, "true", "none"), "kv_heads is 2; expected a divisor of heads, 3" },
    { LINE(3, 3, 1, 1, "true", "none keep=0,3"), "keep has 3; heads is 3" },
    { LINE(3, 3, 1, 1, "true", "none keep=1,1"), "keep has 1 after 1; expected whole numbers in ascending order" },
    { LINE(3, 3, 1, 1, "true", "none keep=2,0"), "keep has 0 after 2; expected whole numbers in ascending order" },
    { LINE(3, 3, 1, 1, "true", "none keep="), "the value of keep has 0 bytes; expected 1 to 139263" },
    { LINE(3, 3, 1, 1, "true", "none matrix.heads=1"), "matrix.heads stands without matrix" },
    { LINE(3, 3, 1, 1, "true", "none matrix=masked matrix.heads=3"), "matrix.heads has 3, which is none of the layer's heads" },
    { LINE(3, 3, 1, 1, "true", "none matrix=weights"), "matrix is weights; the reference knows none product scored masked normalized" },
    { LINE(1, 1, 1, 1, "true", "alibi"), "position is alibi; the reference knows none rope" },
    { LINE(1, 1, 1, 1, "true", "none rope.base=2"), "rope.base stands without position=rope" },
    { LINE(1, 1, 4, 1, "true", "rope rope.base=2 rope.dims=4"), "rope.pairing is missing" },
    { ROPE(3, "half"), "rope.dims is 3; expected an even number of at most d_k, 4" },
    { ROPE(6, "half"), "rope.dims is 6; expected an even number of at most d_k, 4" },
    { SCALED("linear"), "rope.scaling.factor is missing" },
    { SCALED("spiral"), "rope.scaling is spiral; the reference knows none linear llama3 yarn longrope dynamic" },
    { SCALED("none"), "rope.scaling stands without the scaling that has it" },
    { SCALED("linear rope.scaling.factor=2 rope.scaling.low=1"), "rope.scaling.low stands without the scaling that has it" },
    { LINE(1, 1, 4, 1, "true", "none rope.scaling=linear"), "rope.scaling stands without position=rope" },
    { SCALED("longrope rope.scaling.long=1,x"), "rope.scaling.long is x; expected a number from 0.001 to 1e+06" },
    { SCALED("longrope rope.scaling.long=1,"), "rope.scaling.long is ; expected a number from 0.001 to 1e+06" },
    { SCALED("longrope rope.scaling.factor=4 rope.scaling.original=100 rope.scaling.short=1,2 rope.scaling.long=1 "
             "rope.scaling.use=long rope.scaling.attention_factor=0"),
      "rope.scaling.long has 1 numbers; expected 2, one for each pair" },
    { NORMED("rms"), "q_norm.eps is missing" },
    { NORMED("rms" NORM_PARTS("none") " q_norm.bias=true"), "q_norm.bias stands without the norm that has it" },
    { NORMED("batch"), "q_norm is batch; the reference knows none rms l2 layer" },
    { CACHED(""), "cache is missing; expected cache, or cache.k and cache.v" },
    { CACHED(" cache.k=f16"), "cache is missing; expected cache, or cache.k and cache.v" },
    { CACHED(" cache=f16 cache.v=f16"), "cache is missing; expected cache, or cache.k and cache.v" },
    { CACHED(" cache=int8"), "cache.block is missing" },
    { CACHED(" cache=f16 cache.block=32"), "cache.block stands without int8 or int4" },
    { CACHED(" cache=int4 cache.block=0"), "cache.block is 0; expected a multiple of 16" },
    { CACHED(" cache=f16 cache.v.block=32"), "a block stands without the cache that has it" },
    { CACHED(" cache.k=int8 cache.k.block=24 cache.v=f16"), "cache.k.block is 24; expected a multiple of 16" },
    { ROPE(4, "both"), "rope.pairing is both; the reference knows half interleaved" }
};

static void wrong_lines_are_refused(void)
{
    for (size_t i = 0; i < sizeof wrong_lines / sizeof *wrong_lines; i++) {
        char error[ERROR_BYTES] = "";
        struct reference *reference = reference_create(wrong_lines[i].line, error, sizeof error);
        CHECK(reference == NULL);
        CHECK_TEXT(error, wrong_lines[i].error);
        reference_destroy(reference);
    }
}

static void wrong_masks_are_refused(void)
{
    static const char *const masks[] = { "k <=", "k + q", "x == 1", "k // 0 == 1", "((((" };
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char line[200], error[ERROR_BYTES] = "";
        snprintf(line, sizeof line, "softmax heads=1 kv_heads=1 d_k=1 d_v=1 scale=1 mask=\"%s\" position=none "
                 "cache=f32", masks[i]);
        CHECK(reference_create(line, error, sizeof error) == NULL);
        CHECK(strncmp(error, "mask, column ", 13) == 0);
    }
}

/* Values longer than any that is printed, with and without an end. */
static void long_values_are_refused(void)
{
    enum { LONG = 200000 };
    char *line = malloc(LONG + 20), error[ERROR_BYTES];
    if (!CHECK(line != NULL))
        return;
    strcpy(line, "softmax mask=\"");
    memset(line + strlen(line), '(', LONG);
    line[LONG] = '\0';
    CHECK(reference_create(line, error, sizeof error) == NULL);
    line[LONG - 1] = '"';
    CHECK(reference_create(line, error, sizeof error) == NULL);
    CHECK_TEXT(error, "the value of mask has 199985 bytes; expected 1 to 139263");
    free(line);
}

int main(void)
{
    RUN(two_keys_by_hand);
    RUN(scale_multiplies_scores);
    RUN(causal_query_sees_its_past);
    RUN(row_without_key_gives_zeros);
    RUN(row_without_key_is_what_the_line_says);
    RUN(sigmoid_weights_are_not_divided);
    RUN(heads_share_kv_heads);
    RUN(heads_left_keep_their_numbers);
    RUN(rope_turns_pairs);
    RUN(rope_scales_frequencies);
    RUN(rope_leaves_other_dimensions);
    RUN(norms_by_hand);
    RUN(norms_stand_before_or_behind_rotation);
    RUN(sequences_are_ragged);
    RUN(wrong_lines_are_refused);
    RUN(wrong_masks_are_refused);
    RUN(long_values_are_refused);
    return test_end();
}
