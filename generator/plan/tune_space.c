#include "tune_space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AXES               = 3,
    AXIS_VALUES        = 8,
    ACCUMULATORS_LEAST = 6,              /* fewer independent sums cannot hide the latency of an FMA */
    CACHE_BYTES        = 512 * 1024      /* that a task's tiles may take: half of the second-level cache of common CPUs */
};

/* A parameter and what it may be. */
struct axis {
    enum plan_parameter parameter;
    int count, values[AXIS_VALUES];
};

/* In this order: the numeric order is that of all phases, and whether to fetch is worth more than any size of a tile. */
static const struct group {
    const char *name;
    int phases;
    int axis_count;
    struct axis axes[AXES];
} groups[TUNE_GROUPS] = {
    { "order", TUNE_ALL, 2, {
        { PLAN_TILE, 3, { 16, 32, 64 } }, { PLAN_SEGMENT, 5, { 256, 512, 1024, 2048, 4096 } } } },
    { "fetch", TUNE_DECODE | TUNE_APPEND, 2, {
        { PLAN_FETCH, 2, { 0, 1 } }, { PLAN_APPEND_FETCH, 2, { 0, 1 } } } },
    { "decode", TUNE_DECODE, 2, {
        { PLAN_DECODE_HEADS, 6, { 1, 2, 3, 4, 6, 8 } }, { PLAN_DECODE_VECTORS, 4, { 1, 2, 4, 8 } } } },
    { "columns", TUNE_DECODE, 2, {
        { PLAN_DECODE_COLUMNS, 8, { 1, 2, 3, 4, 6, 8, 12, 16 } }, { PLAN_FETCH, 2, { 0, 1 } } } },
    { "rows", TUNE_APPEND, 3, {
        { PLAN_APPEND_ROWS, 7, { 1, 2, 3, 4, 6, 8, 12 } }, { PLAN_APPEND_VECTORS, 3, { 1, 2, 4 } }, { PLAN_APPEND_COLUMNS, 6, { 1, 2, 3, 4, 6, 8 } } } },
    { "append", TUNE_APPEND, 2, {
        { PLAN_APPEND, 3, { 0, 16, 32 } }, { PLAN_APPEND_FETCH, 2, { 0, 1 } } } },
    { "scores", TUNE_PREFILL, 3, {
        { PLAN_QUERY_VECTORS, 6, { 1, 2, 3, 4, 5, 6 } }, { PLAN_SCORE_KEYS, 3, { 2, 4, 8 } }, { PLAN_UNROLL, 3, { 1, 2, 4 } } } },
    { "block", TUNE_PREFILL, 2, {
        { PLAN_QUERIES, 7, { 16, 24, 32, 48, 64, 96, 128 } }, { PLAN_INTERLEAVE, 2, { 0, 1 } } } },
    { "values", TUNE_PREFILL, 2, {
        { PLAN_VALUE_QUERIES, 7, { 1, 2, 3, 4, 6, 8, 12 } }, { PLAN_VALUE_VECTORS, 6, { 1, 2, 3, 4, 6, 8 } } } },
};

const char *tune_group_name(int group)
{
    return groups[group].name;
}

/* Where values are parts of keys, appends go by decode's tiles. */
int tune_group_phases(int group, const struct definition *definition)
{
    const int phases = groups[group].phases;
    return definition->v_in_k && (phases & TUNE_DECODE) != 0 ? phases | TUNE_APPEND : phases;
}

/* Candidates that are no plans say so to nobody. */
static bool plan_quietly(struct plan *plan, const struct plan_request *request, const struct definition *definition,
                         const struct descriptor *isa)
{
    char said[512];
    struct report report = { .out = fmemopen(said, sizeof said, "w") };
    const bool good = report.out != NULL && plan_choose(plan, definition, isa, request, &report);
    if (report.out != NULL)
        fclose(report.out);
    return good;
}

static const char *plan_text(const struct plan *plan, struct arena *arena)
{
    struct text text = text_start(arena);
    plan_print_parameters(&text, plan);
    return text.data;
}

/* What is asked for, as --plan takes it. */
static const char *request_text(const struct plan_request *request, struct arena *arena)
{
    struct text text = text_start(arena);
    for (enum plan_parameter i = 0; i < PLAN_PARAMETERS; i++)
        if (request->given[i])
            text_format(&text, "%s%s=%d", text.length > 0 ? "," : "", plan_parameter_name(i), request->value[i]);
    return text.data;
}

/* Takes back what the plan would choose by itself, so that equal plans have equal texts. */
bool tune_candidate_fill(struct tune_candidate *candidate, const struct definition *definition, const struct descriptor *isa,
                         struct arena *arena)
{
    struct plan plan;
    if (!plan_quietly(&plan, &candidate->request, definition, isa))
        return false;
    candidate->whole = plan_text(&plan, arena);
    for (int i = 0; i < PLAN_PARAMETERS; i++) {
        struct plan_request fewer = candidate->request;
        fewer.given[i] = false;
        fewer.value[i] = 0;
        if (plan_quietly(&plan, &fewer, definition, isa) && strcmp(plan_text(&plan, arena), candidate->whole) == 0)
            candidate->request = fewer;
    }
    candidate->text = request_text(&candidate->request, arena);
    return true;
}

/* Enough independent sums, and tiles that stay in the cache. */
static bool plan_promising(const struct plan *plan, const struct definition *definition)
{
    const int *value = plan->value;
    const long rows = value[PLAN_QUERIES], tile = value[PLAN_TILE];
    const long floats = rows * (definition->d_k + 2 * tile + 2 * plan->v_row) + tile * (definition->d_k + plan->v_row);
    return value[PLAN_QUERY_VECTORS] * value[PLAN_SCORE_KEYS] >= ACCUMULATORS_LEAST
        && value[PLAN_VALUE_QUERIES] * value[PLAN_VALUE_VECTORS] >= ACCUMULATORS_LEAST && floats * 4 <= CACHE_BYTES;
}

static double plan_distance(const struct plan *a, const struct plan *b)
{
    double distance = 0.0;
    for (int i = 0; i < PLAN_PARAMETERS; i++)
        distance += fabs(log2((1.0 + a->value[i]) / (1.0 + b->value[i])));
    return distance;
}

static bool is_known(const struct tune_candidate *candidates, int count, const char *whole)
{
    for (int i = 0; i < count; i++)
        if (strcmp(candidates[i].whole, whole) == 0)
            return true;
    return false;
}

static int by_distance(const void *left, const void *right)
{
    const struct tune_candidate *a = left, *b = right;
    return a->distance != b->distance ? (a->distance > b->distance) - (a->distance < b->distance) : strcmp(a->whole, b->whole);
}

/* The index-th combination of a group's values. */
static struct plan_request combination(const struct group *group, const struct plan_request *from, int index)
{
    struct plan_request request = *from;
    for (int i = 0; i < group->axis_count; i++) {
        const struct axis *axis = &group->axes[i];
        request.given[axis->parameter] = true;
        request.value[axis->parameter] = axis->values[index % axis->count];
        index /= axis->count;
    }
    return request;
}

static int combinations(const struct group *group)
{
    int count = 1;
    for (int i = 0; i < group->axis_count; i++)
        count *= group->axes[i].count;
    return count;
}

int tune_group_collect(struct tune_candidate *candidates, int group, const struct plan_request *from,
                       const struct definition *definition, const struct descriptor *isa, struct arena *arena)
{
    struct plan start, plan;
    int count = 0;
    if (!plan_quietly(&start, from, definition, isa))
        return 0;
    const char *own = plan_text(&start, arena);
    for (int i = 0; i < combinations(&groups[group]) && count < TUNE_CANDIDATES; i++) {
        struct tune_candidate *candidate = &candidates[count];
        candidate->request = combination(&groups[group], from, i);
        if (!plan_quietly(&plan, &candidate->request, definition, isa) || !plan_promising(&plan, definition)
            || !tune_candidate_fill(candidate, definition, isa, arena)
            || strcmp(candidate->whole, own) == 0 || is_known(candidates, count, candidate->whole))
            continue;
        candidate->distance = plan_distance(&plan, &start);
        count++;
    }
    qsort(candidates, (size_t)count, sizeof *candidates, by_distance);
    return count;
}
