/*
** The next token by its logits: the likeliest, or one drawn among the likely.
*/
#include <math.h>

#include "attn.h"
#include "memory.h"
#include "random.h"

struct candidate { float logit; int32_t token; };

struct attn_sampler {
    struct memory memory;
    struct attn_sampling sampling;
    struct random random;
    int64_t vocab;
    struct candidate *heap;           /* (vocab): a heap of those left, likeliest first */
    int64_t left;
    double *weights;                  /* (vocab): e^(logit / temperature) of those taken, of the likeliest 1 */
    int32_t *taken;                   /* (vocab): their tokens */
};

static bool sampling_check(const struct attn_sampling *sampling, int64_t vocab, struct problem *problem)
{
    if (!(sampling->temperature >= 0 && sampling->temperature <= 1000))
        return problem_set(problem, "the temperature is %g; expected 0 (always the likeliest token) to 1000",
                           sampling->temperature);
    if (sampling->top_k < 0)
        return problem_set(problem, "top k is %lld; expected 0 (any) or more", (long long)sampling->top_k);
    if (!(sampling->top_p > 0 && sampling->top_p <= 1))
        return problem_set(problem, "top p is %g; expected more than 0, at most 1 (any)", sampling->top_p);
    if (vocab < 1 || vocab > INT32_MAX)
        return problem_set(problem, "a vocab of %lld tokens", (long long)vocab);
    return true;
}

struct attn_sampler *attn_sampler_create(const struct attn_sampling *sampling, const struct attn_allocator *allocator,
                                         int64_t vocab, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    struct memory memory;
    if (!sampling_check(sampling, vocab, &problem))
        return NULL;
    memory_begin(&memory, allocator);
    struct attn_sampler *sampler = memory_take(&memory, 1, sizeof *sampler, &problem);
    struct candidate *heap = memory_take(&memory, (size_t)vocab, sizeof *heap, &problem);
    double *weights = memory_take(&memory, (size_t)vocab, sizeof *weights, &problem);
    int32_t *taken = memory_take(&memory, (size_t)vocab, sizeof *taken, &problem);
    if (sampler == NULL || heap == NULL || weights == NULL || taken == NULL) {
        memory_release(&memory);
        return NULL;
    }
    *sampler = (struct attn_sampler){
        .memory = memory, .sampling = *sampling, .random = random_start(sampling->seed), .vocab = vocab,
        .heap = heap, .weights = weights, .taken = taken,
    };
    return sampler;
}

void attn_sampler_destroy(struct attn_sampler *sampler)
{
    if (sampler == NULL)
        return;
    struct memory memory = sampler->memory;       /* the sampler lies in it */
    memory_release(&memory);
}

/* The first of equals, so that the choice is the same everywhere. */
static int32_t likeliest(const float *logits, int64_t vocab)
{
    int64_t best = -1;
    float largest = -INFINITY;
    for (int64_t i = 0; i < vocab; i++)
        if (logits[i] > largest) {
            largest = logits[i];
            best = i;
        }
    return (int32_t)best;
}

static bool candidate_before(struct candidate a, struct candidate b)
{
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

/* Puts candidate into the heap whose place `hole` is empty and at whose top it may not stand. */
static void heap_sink(struct candidate *heap, int64_t count, int64_t hole, struct candidate candidate)
{
    for (int64_t child = 2 * hole + 1; child < count; child = 2 * hole + 1) {
        if (child + 1 < count && candidate_before(heap[child + 1], heap[child]))
            child++;
        if (!candidate_before(heap[child], candidate))
            break;
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = candidate;
}

/* All tokens with a finite logit, as a heap. */
static void heap_fill(struct attn_sampler *sampler, const float *logits)
{
    sampler->left = 0;
    for (int64_t i = 0; i < sampler->vocab; i++)
        if (isfinite(logits[i]))
            sampler->heap[sampler->left++] = (struct candidate){ logits[i], (int32_t)i };
    for (int64_t i = sampler->left / 2 - 1; i >= 0; i--)
        heap_sink(sampler->heap, sampler->left, i, sampler->heap[i]);
}

static struct candidate heap_pop(struct attn_sampler *sampler)
{
    const struct candidate top = sampler->heap[0];
    const struct candidate last = sampler->heap[--sampler->left];
    if (sampler->left > 0)
        heap_sink(sampler->heap, sampler->left, 0, last);
    return top;
}

static double weight(const struct attn_sampler *sampler, float logit, float largest)
{
    return exp(((double)logit - largest) / sampler->sampling.temperature);
}

/* Takes the likeliest, at least one and at most `most`, until their weights add up to enough. */
static int64_t candidates_take(struct attn_sampler *sampler, int64_t most, double enough, double *sum)
{
    const float largest = sampler->heap[0].logit;
    int64_t count = 0;
    *sum = 0;
    do {
        const struct candidate candidate = heap_pop(sampler);
        sampler->taken[count] = candidate.token;
        sampler->weights[count] = weight(sampler, candidate.logit, largest);
        *sum += sampler->weights[count++];
    } while (count < most && sampler->left > 0 && *sum < enough);
    return count;
}

/* The first of the taken whose weights add up to enough, their number behind it. */
static int64_t taken_cut(const struct attn_sampler *sampler, int64_t count, double enough, double *sum)
{
    *sum = 0;
    for (int64_t i = 0; i < count; i++) {
        *sum += sampler->weights[i];
        if (*sum >= enough)
            return i + 1;
    }
    return count;
}

/* The sum of all weights. */
static double heap_sum(const struct attn_sampler *sampler)
{
    double sum = 0;
    for (int64_t i = 0; i < sampler->left; i++)
        sum += weight(sampler, sampler->heap[i].logit, sampler->heap[0].logit);
    return sum;
}

/* Takes the tokens that may be drawn; the sum of their weights is *sum. top p is a share of what top k left. */
static int64_t candidates_choose(struct attn_sampler *sampler, double *sum)
{
    const struct attn_sampling *sampling = &sampler->sampling;
    if (sampling->top_k == 0)
        return candidates_take(sampler, sampler->vocab, sampling->top_p * heap_sum(sampler), sum);
    const int64_t count = candidates_take(sampler, sampling->top_k, INFINITY, sum);
    return taken_cut(sampler, count, sampling->top_p * *sum, sum);
}

static int32_t draw(struct attn_sampler *sampler, const float *logits)
{
    const double share = random_uniform(&sampler->random);
    double sum;
    heap_fill(sampler, logits);
    if (sampler->left == 0)
        return -1;
    if (sampler->sampling.top_k == 0 && sampler->sampling.top_p == 1)      /* no need to take those behind it */
        return sampler->taken[candidates_take(sampler, sampler->vocab, share * heap_sum(sampler), &sum) - 1];
    const int64_t count = candidates_choose(sampler, &sum);
    return sampler->taken[taken_cut(sampler, count, share * sum, &sum) - 1];
}

int32_t attn_sampler_next(struct attn_sampler *sampler, const float *logits)
{
    if (sampler->sampling.temperature == 0)
        return likeliest(logits, sampler->vocab);
    return draw(sampler, logits);
}
