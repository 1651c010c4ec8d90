#include "tune_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../compile/binary.h"
#include "../compile/timing.h"

enum { CASES = 6, ROUND_MOST = 24, SWEEPS = 2 };

static const double LEAST_MARGIN = 0.02;     /* faster by less is no reason to leave the default plan */
static const double LAST_SHARE = 0.15;       /* of the time, for the last comparison */
static const double LEAST_CASE = 0.02, MOST_CASE = 0.3;      /* seconds for a case and object of a round */

/* Lengths of short, medium and long prompts, a decode beyond the last-level cache, and as long appends that go by rows and by blocks. */
static const struct timing_case all_cases[CASES] = {
    { 0, BENCH_PREFILL, 64, 64, 1 }, { 0, BENCH_PREFILL, 256, 256, 1 }, { 0, BENCH_PREFILL, 1024, 1024, 1 }, { 0, BENCH_DECODE, 1, 4096, 1 },
    { 0, BENCH_APPEND, 8, 4096, 1 }, { 0, BENCH_APPEND, 32, 4096, 1 }
};

struct search {
    const struct tune_target *target;
    struct tune_result *result;
    double start, seconds;                   /* of the search; the default plan is built before */
    double build_seconds;                    /* of one candidate, as measured */
    struct tune_candidate best;
    struct tune_object best_object, standard_object;
};

/* Objects of one run, beside each other: the best so far twice, then others. */
struct round {
    struct timing_case cases[CASES];
    int places[CASES];                       /* of the cases in all_cases */
    int case_count;
    const char *paths[ROUND_MOST + 2];
    int count;
    struct timing *timings;                  /* (case_count, count) */
};

static double time_left(const struct search *s)
{
    return s->seconds * (1.0 - LAST_SHARE) - (binary_clock() - s->start);
}

static bool case_wanted(int index, int phases)
{
    static const int acted_on[BENCH_PHASES] = { [BENCH_PREFILL] = TUNE_PREFILL, [BENCH_DECODE] = TUNE_DECODE, [BENCH_APPEND] = TUNE_APPEND };
    return (phases & acted_on[all_cases[index].phase]) != 0;
}

static void round_start(struct round *round, const struct search *s, int phases)
{
    *round = (struct round){ .count = 2, .paths = { s->best_object.path, s->best_object.path } };
    for (int i = 0; i < CASES; i++)
        if (case_wanted(i, phases)) {
            round->places[round->case_count] = i;
            round->cases[round->case_count++] = all_cases[i];
        }
}

/* What goes on, where somebody may look. */
static void progress_show(int plans)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rtiming %d plans\033[K", plans);
}

static void progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static bool round_time(struct round *round, const struct search *s, double case_seconds)
{
    const struct tune_target *t = s->target;
    struct timing_job job = {
        .root = t->root, .model = t->model->name, .target = t->isa->name, .objects = round->paths, .object_count = round->count,
        .cases = round->cases, .case_count = round->case_count, .seconds = case_seconds
    };
    progress_show(round->count);
    const bool timed = timing_run(&job, t->options->arena, t->options->report);
    progress_end();
    round->timings = job.timings;
    return timed;
}

/* A case's share of its phase. */
static double case_weight(const struct timing_case *cases, int count, int index)
{
    int same = 0;
    for (int i = 0; i < count; i++)
        same += cases[i].phase == cases[index].phase;
    return 1.0 / same;
}

/*
** Geometric mean over the cases of one object's time as a share of the best plan's, which is timed twice; all phases
** weigh the same.
*/
static double round_cost(const struct round *round, int object)
{
    double sum = 0.0, weights = 0.0;
    for (int i = 0; i < round->case_count; i++) {
        const struct timing *row = &round->timings[i * round->count];
        const double weight = case_weight(round->cases, round->case_count, i);
        sum += weight * log(row[object].seconds / sqrt(row[0].seconds * row[1].seconds));
        weights += weight;
    }
    return exp(sum / weights);
}

/* What two timings of the same object differ by, in the case where they differ most. */
static double round_noise(const struct round *round)
{
    double noise = 0.0;
    for (int i = 0; i < round->case_count; i++) {
        const struct timing *row = &round->timings[i * round->count];
        noise = fmax(noise, fabs(log(row[1].seconds / row[0].seconds)));
    }
    return noise;
}

/* What a candidate must be faster by. */
static double round_margin(const struct round *round)
{
    return fmax(LEAST_MARGIN, 2.0 * round_noise(round));
}

static struct tuned_trial trial_measured(const struct round *round, int object, const char *plan)
{
    struct tuned_trial trial = { .plan = plan };
    for (int i = 0; i < round->case_count; i++)
        trial.ms[round->places[i]] = 1e3 * round->timings[i * round->count + object].seconds;
    return trial;
}

/*
** Rounds are apart in time, so that only what was measured in one of them can be compared: a time is that of the best plan,
** times what they differ by. Those of a case that the round did not run are the best plan's: the group does not act on it.
*/
static struct tuned_trial trial_beside_best(const struct search *s, const struct round *round, int object, const char *plan)
{
    struct tuned_trial trial = s->result->chosen;
    trial.plan = plan;
    for (int i = 0; i < round->case_count; i++) {
        const struct timing *row = &round->timings[i * round->count];
        trial.ms[round->places[i]] *= row[object].seconds / row[0].seconds;
    }
    return trial;
}

/* Groups ----------------------------------------------------------------------------------------- */

/* As many candidates as there is time to build and time. */
static int affordable(const struct search *s, const struct round *round, double share)
{
    const double one = s->build_seconds + round->case_count * LEAST_CASE * 2.0;
    const double count = share / one;
    return count < 1.0 ? 1 : count > ROUND_MOST ? ROUND_MOST : (int)count;
}

/* Candidates, the fastest first. */
struct ranked { int index; double cost; };

static int by_cost(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    return (a->cost > b->cost) - (a->cost < b->cost);
}

/* Takes the fastest candidate that is fast enough, small enough and right; false when none is. */
static bool round_take(struct search *s, const struct round *round, const struct ranked *ranks, int count,
                       const struct tune_candidate *candidates, const struct tune_object *objects)
{
    for (int i = 0; i < count && ranks[i].cost < 1.0 - round_margin(round); i++) {
        const int index = ranks[i].index;
        if (!tune_fits(s->target, &objects[index]))
            continue;
        if (!tune_check(s->target, &objects[index])) {
            fprintf(stderr, "tune: the plan %s disagrees with the reference and is not taken; please report it\n", candidates[index].text);
            continue;
        }
        s->best = candidates[index];
        s->best_object = objects[index];
        s->result->chosen = trial_beside_best(s, round, index + 2, s->best.text);
        return true;
    }
    return false;
}

static void trials_add(struct search *s, const struct round *round, const struct tune_candidate *candidates, int count)
{
    struct tune_result *result = s->result;
    for (int i = 0; i < count && result->tried_count < TUNED_TRIED; i++)
        result->tried[result->tried_count++] = trial_beside_best(s, round, i + 2, candidates[i].text);
}

static void group_print(const struct round *round, int group, int tried, int all, const struct ranked *first, const char *plan, bool taken)
{
    printf("  %-7s %2d of %2d plans, noise %.1f %%: ", tune_group_name(group), tried, all, 100.0 * round_noise(round));
    printf(taken ? "takes %s, %+.1f %% of the time\n" : "keeps; the best was %s, %+.1f %% of the time\n", plan,
           100.0 * (first->cost - 1.0));
    fflush(stdout);
}

/* One group around the best plan; *moved when another is best now. */
static bool group_try(struct search *s, int group, double share, bool *moved)
{
    const struct tune_target *t = s->target;
    struct tune_candidate *candidates = arena_alloc(t->options->arena, TUNE_CANDIDATES, sizeof *candidates);
    struct tune_object objects[ROUND_MOST];
    struct ranked ranks[ROUND_MOST];
    struct round round;
    const int all = tune_group_collect(candidates, group, &s->best.request, t->definition, t->isa, t->options->arena);
    round_start(&round, s, tune_group_phases(group, t->definition));
    const int most = affordable(s, &round, share), count = all < most ? all : most;
    if (count == 0)
        return true;
    const double start = binary_clock();
    if (!tune_build(t, candidates, objects, count))
        return false;
    s->build_seconds = (binary_clock() - start) / count;
    for (int i = 0; i < count; i++)
        round.paths[round.count++] = objects[i].path;
    const double left = share - (binary_clock() - start);
    if (!round_time(&round, s, fmin(fmax(left / (round.case_count * round.count), LEAST_CASE), MOST_CASE)))
        return false;
    for (int i = 0; i < count; i++)
        ranks[i] = (struct ranked){ i, round_cost(&round, i + 2) };
    qsort(ranks, (size_t)count, sizeof *ranks, by_cost);
    trials_add(s, &round, candidates, count);
    *moved = round_take(s, &round, ranks, count, candidates, objects);
    group_print(&round, group, count, all, &ranks[0], *moved ? s->best.text : candidates[ranks[0].index].text, *moved);
    return true;
}

/* The whole -------------------------------------------------------------------------------------- */

/* The default plan, built and timed: what all begins with. */
static bool search_begin(struct search *s)
{
    const struct tune_target *t = s->target;
    const double start = binary_clock();
    struct round round;
    s->best = (struct tune_candidate){ .request = { .where = { NULL, 0 } } };
    if (!tune_candidate_fill(&s->best, t->definition, t->isa, t->options->arena) || !tune_build(t, &s->best, &s->best_object, 1))
        return false;
    s->build_seconds = binary_clock() - start;
    s->standard_object = s->best_object;
    round_start(&round, s, TUNE_ALL);
    if (!round_time(&round, s, LEAST_CASE))
        return false;
    s->result->chosen = s->result->standard = trial_measured(&round, 0, "");
    s->start = binary_clock();
    return true;
}

static bool sweep(struct search *s, bool *moved)
{
    *moved = false;
    for (int group = 0; group < TUNE_GROUPS; group++) {
        bool taken = false;
        if (time_left(s) <= 0.0) {
            printf("  %-7s not tried: the time is over\n", tune_group_name(group));
            continue;
        }
        if (!group_try(s, group, time_left(s) / (TUNE_GROUPS - group), &taken))
            return false;
        *moved = *moved || taken;
    }
    return true;
}

/* What was tried is told in the times of the last run, which is the longest. */
static void trials_rescale(struct tune_result *result, const struct tuned_trial *standard)
{
    for (int i = 0; i < result->tried_count; i++)
        for (int c = 0; c < result->case_count; c++)
            result->tried[i].ms[c] *= standard->ms[c] / result->standard.ms[c];
}

/* The best plan against the default plan, for longer. It stays when it is faster by more than the margin. */
static bool search_end(struct search *s)
{
    struct round round;
    round_start(&round, s, TUNE_ALL);
    round.paths[round.count++] = s->standard_object.path;
    const double seconds = fmax(s->seconds * LAST_SHARE / (round.case_count * round.count), LEAST_CASE);
    if (!round_time(&round, s, seconds))
        return false;
    const struct tuned_trial standard = trial_measured(&round, 2, ""), best = trial_measured(&round, 0, s->best.text);
    trials_rescale(s->result, &standard);
    const double gain = round_cost(&round, 2) - 1.0, margin = round_margin(&round);
    const bool faster = s->best.text[0] != '\0' && gain > margin;
    if (s->best.text[0] != '\0')
        printf("  %s is %.1f %% %s than the default plan, margin %.1f %%: %s\n", s->best.text, 100.0 * fabs(gain),
               gain > 0.0 ? "faster" : "slower", 100.0 * margin, faster ? "taken" : "the default plan stays");
    else
        printf("  nothing is faster than the default plan\n");
    s->result->standard = standard;
    s->result->chosen = faster ? best : standard;
    return true;
}

static int by_time(const void *left, const void *right)
{
    const struct tuned_trial *a = left, *b = right;
    double difference = 0.0;
    for (int i = 0; i < CASES; i++)
        difference += case_weight(all_cases, CASES, i) * log(a->ms[i] / b->ms[i]);
    return (difference > 0.0) - (difference < 0.0);
}

bool tune_search(struct tune_result *result, const struct tune_target *target, double seconds)
{
    struct search s = { .target = target, .result = result, .seconds = seconds };
    struct arena *arena = target->options->arena;
    bool moved = true;
    *result = (struct tune_result){ .tried = arena_alloc(arena, TUNED_TRIED, sizeof *result->tried) };
    for (result->case_count = 0; result->case_count < CASES; result->case_count++) {
        const struct timing_case *c = &all_cases[result->case_count];
        result->cases[result->case_count] = arena_format(arena, "%s q=%d kv=%d", bench_phase_name(c->phase), c->q, c->kv);
    }
    if (!search_begin(&s))
        return false;
    for (int i = 0; i < SWEEPS && moved && (i == 0 || time_left(&s) > 0.0); i++)
        if (!sweep(&s, &moved))
            return false;
    if (!search_end(&s))
        return false;
    qsort(result->tried, (size_t)result->tried_count, sizeof *result->tried, by_time);
    return true;
}
