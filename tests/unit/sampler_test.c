/*
** The sampler: greedy, repeatable, and drawing what the logits say.
*/
#include <math.h>

#include "../../runtime/attn.h"
#include "../test.h"

enum { VOCAB = 6, DRAWS = 20000 };

static const float logits[VOCAB] = { 0.5f, 2.0f, -1.0f, 1.0f, -INFINITY, 2.0f };

static struct attn_sampler *sampler(double temperature, int64_t top_k, double top_p, uint64_t seed)
{
    const struct attn_sampling sampling = { temperature, top_k, top_p, seed };
    return attn_sampler_create(&sampling, NULL, VOCAB, NULL, 0);
}

static void greedy_takes_the_first_of_equals(void)
{
    const float nothing[VOCAB] = { NAN, -INFINITY, NAN, NAN, NAN, NAN };
    const float one[VOCAB] = { NAN, -INFINITY, NAN, -3.0f, NAN, NAN };
    struct attn_sampler *greedy = sampler(0, 0, 1, 1);
    CHECK(attn_sampler_next(greedy, logits) == 1);
    CHECK(attn_sampler_next(greedy, nothing) == -1);
    CHECK(attn_sampler_next(greedy, one) == 3);
    attn_sampler_destroy(greedy);
}

static void drawing_skips_what_is_no_number(void)
{
    const float nothing[VOCAB] = { NAN, -INFINITY, NAN, NAN, NAN, INFINITY };
    const float one[VOCAB] = { NAN, -INFINITY, NAN, -3.0f, NAN, NAN };
    struct attn_sampler *drawing = sampler(1, 0, 0.9, 1);
    CHECK(attn_sampler_next(drawing, nothing) == -1);
    CHECK(attn_sampler_next(drawing, one) == 3);
    attn_sampler_destroy(drawing);
}

/* Draws many times; each token's share must be near expected, which need not be normalised. */
static void shares_check(double temperature, int64_t top_k, double top_p, const double expected[VOCAB])
{
    int seen[VOCAB] = { 0 };
    double sum = 0;
    struct attn_sampler *drawing = sampler(temperature, top_k, top_p, 7);
    for (int i = 0; i < DRAWS; i++)
        seen[attn_sampler_next(drawing, logits)]++;
    for (int i = 0; i < VOCAB; i++)
        sum += expected[i];
    for (int i = 0; i < VOCAB; i++) {
        const double share = (double)seen[i] / DRAWS;
        if (!CHECK(fabs(share - expected[i] / sum) < 0.015 && (expected[i] > 0 || seen[i] == 0)))
            printf("token %d: share %g, expected %g\n", i, share, expected[i] / sum);
    }
    attn_sampler_destroy(drawing);
}

static void shares_follow_the_logits(void)
{
    const double warm[VOCAB] = { exp(0.5), exp(2), exp(-1), exp(1), 0, exp(2) };
    const double cold[VOCAB] = { exp(1), exp(4), exp(-2), exp(2), 0, exp(4) };
    shares_check(1, 0, 1, warm);
    shares_check(0.5, 0, 1, cold);
}

static void top_k_keeps_the_likeliest(void)
{
    const double one[VOCAB] = { 0, 1, 0, 0, 0, 0 };
    const double three[VOCAB] = { 0, exp(2), 0, exp(1), 0, exp(2) };
    const double all[VOCAB] = { exp(0.5), exp(2), exp(-1), exp(1), 0, exp(2) };
    shares_check(1, 1, 1, one);
    shares_check(1, 3, 1, three);
    shares_check(1, 100, 1, all);
}

/* The shares are 0.39, 0.39, 0.14, 0.09, 0.02. */
static void top_p_keeps_the_likeliest(void)
{
    const double one[VOCAB] = { 0, 1, 0, 0, 0, 0 };
    const double two[VOCAB] = { 0, 1, 0, 0, 0, 1 };
    const double three[VOCAB] = { 0, exp(2), 0, exp(1), 0, exp(2) };
    shares_check(1, 0, 0.3, one);
    shares_check(1, 0, 0.7, two);
    shares_check(1, 0, 0.85, three);
}

/* Of three, the first two have 0.84 of the mass. */
static void top_p_is_a_share_of_top_k(void)
{
    const double two[VOCAB] = { 0, 1, 0, 0, 0, 1 };
    const double three[VOCAB] = { 0, exp(2), 0, exp(1), 0, exp(2) };
    shares_check(1, 3, 0.83, two);
    shares_check(1, 3, 0.85, three);
}

static void a_seed_repeats(void)
{
    struct attn_sampler *first = sampler(1, 0, 0.95, 42), *second = sampler(1, 0, 0.95, 42), *other = sampler(1, 0, 0.95, 43);
    int different = 0;
    for (int i = 0; i < 200; i++) {
        const int32_t token = attn_sampler_next(first, logits);
        CHECK(token == attn_sampler_next(second, logits));
        different += token != attn_sampler_next(other, logits);
    }
    CHECK(different > 0);
    attn_sampler_destroy(first);
    attn_sampler_destroy(second);
    attn_sampler_destroy(other);
}

static void refused(double temperature, int64_t top_k, double top_p, const char *sentence)
{
    char error[200];
    const struct attn_sampling sampling = { temperature, top_k, top_p, 0 };
    CHECK(attn_sampler_create(&sampling, NULL, VOCAB, error, sizeof error) == NULL);
    CHECK_TEXT(error, sentence);
}

static void settings_out_of_range(void)
{
    refused(-1, 0, 1, "the temperature is -1; expected 0 (always the likeliest token) to 1000");
    refused((double)NAN, 0, 1, "the temperature is nan; expected 0 (always the likeliest token) to 1000");
    refused(1, -2, 1, "top k is -2; expected 0 (any) or more");
    refused(1, 0, 0, "top p is 0; expected more than 0, at most 1 (any)");
    refused(1, 0, 1.5, "top p is 1.5; expected more than 0, at most 1 (any)");
}

int main(void)
{
    RUN(greedy_takes_the_first_of_equals);
    RUN(drawing_skips_what_is_no_number);
    RUN(shares_follow_the_logits);
    RUN(top_k_keeps_the_likeliest);
    RUN(top_p_keeps_the_likeliest);
    RUN(top_p_is_a_share_of_top_k);
    RUN(a_seed_repeats);
    RUN(settings_out_of_range);
    return test_end();
}
