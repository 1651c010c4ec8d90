/*
** Candidates of a tuning: all are plans, none twice, none as it was, the nearest first, and none changes the cache.
*/
#include <stdlib.h>

#include "../../generator/plan/tune_space.h"
#include "../test.h"

static const struct descriptor targets[] = {
    { .name = "scalar", .lanes = 1, .registers = 16 },
    { .name = "avx2", .lanes = 8, .registers = 16 },
    { .name = "avx512", .lanes = 16, .registers = 32 },
};

enum { TARGETS = sizeof targets / sizeof targets[0] };

static const struct descriptor float_cache = { .name = "f32", .bits = 32 };
static const struct descriptor float_compute = { .name = "f32", .pack = 1, .values = "" };

#define FLOATS .cache_k = { .type = &float_cache }, .cache_v = { .type = &float_cache }, .compute = &float_compute

static const struct definition definitions[] = {
    { .name = "one", .heads = 1, .kv_heads = 1, .group = 1, .d_k = 64, .d_v = 64, FLOATS },
    { .name = "grouped", .heads = 8, .kv_heads = 1, .group = 8, .d_k = 128, .d_v = 80, FLOATS },
    { .name = "odd", .heads = 3, .kv_heads = 1, .group = 3, .d_k = 5, .d_v = 1, FLOATS },
};

enum { DEFINITIONS = sizeof definitions / sizeof definitions[0] };

static const struct plan_request nothing = { .where = { NULL, 0 } };

/* Whether the candidate's text asks for the plan that it says it is. */
static bool text_is_the_plan(const struct tune_candidate *candidate, const struct definition *definition,
                             const struct descriptor *isa, struct arena *arena)
{
    struct report report = { .out = stdout };
    struct plan_request request;
    struct plan plan;
    struct text whole = text_start(arena);
    const char *asked = candidate->text[0] != '\0' ? candidate->text : NULL;
    if (!plan_request_read(&request, asked, nothing.where, &report) || !plan_choose(&plan, definition, isa, &request, &report))
        return false;
    plan_print_parameters(&whole, &plan);
    return CHECK(plan_block(&request) == plan_block(&nothing)) && CHECK_TEXT(whole.data, candidate->whole);
}

static void check_group(int group, const struct definition *definition, const struct descriptor *isa)
{
    struct arena *arena = arena_create();
    struct tune_candidate *candidates = calloc(TUNE_CANDIDATES, sizeof *candidates);
    struct tune_candidate start = { .request = nothing };
    CHECK(tune_candidate_fill(&start, definition, isa, arena));
    CHECK_TEXT(start.text, "");
    const int count = tune_group_collect(candidates, group, &nothing, definition, isa, arena);
    for (int i = 0; i < count; i++) {
        CHECK(strcmp(candidates[i].whole, start.whole) != 0);
        CHECK(text_is_the_plan(&candidates[i], definition, isa, arena));
        CHECK(i == 0 || candidates[i - 1].distance <= candidates[i].distance);
        for (int before = 0; before < i; before++)
            CHECK(strcmp(candidates[before].whole, candidates[i].whole) != 0);
    }
    free(candidates);
    arena_destroy(arena);
}

static void every_candidate_is_another_plan(void)
{
    for (int group = 0; group < TUNE_GROUPS; group++)
        for (int target = 0; target < TARGETS; target++)
            for (int i = 0; i < DEFINITIONS; i++)
                check_group(group, &definitions[i], &targets[target]);
}

/* The groups are worth having: each has something to try for a common shape on a wide target. */
static void no_group_is_empty(void)
{
    struct arena *arena = arena_create();
    struct tune_candidate *candidates = calloc(TUNE_CANDIDATES, sizeof *candidates);
    for (int group = 0; group < TUNE_GROUPS; group++)
        CHECK(tune_group_collect(candidates, group, &nothing, &definitions[1], &targets[2], arena) >= 3);
    free(candidates);
    arena_destroy(arena);
}

/* Where values are parts of keys there are no tiles of rows to vary, and appends go by decode's tiles. */
static void a_tail_of_keys_appends_as_it_decodes(void)
{
    static const struct definition tail = { .name = "tail", .heads = 8, .kv_heads = 1, .group = 8, .d_k = 128, .d_v = 80, .v_in_k = true, FLOATS };
    struct arena *arena = arena_create();
    struct tune_candidate *candidates = calloc(TUNE_CANDIDATES, sizeof *candidates);
    for (int group = 0; group < TUNE_GROUPS; group++) {
        const int phases = tune_group_phases(group, &definitions[1]), of_tail = tune_group_phases(group, &tail);
        const int count = tune_group_collect(candidates, group, &nothing, &tail, &targets[2], arena);
        CHECK(strcmp(tune_group_name(group), "rows") == 0 ? count == 0 : count > 0);
        CHECK(of_tail == ((phases & TUNE_DECODE) != 0 ? phases | TUNE_APPEND : phases));
        check_group(group, &tail, &targets[2]);
    }
    free(candidates);
    arena_destroy(arena);
}

/* Every parameter of a plan is varied by some group, but those that change the cache. */
static void every_parameter_has_a_group(void)
{
    struct arena *arena = arena_create();
    struct tune_candidate *candidates = calloc(TUNE_CANDIDATES, sizeof *candidates);
    bool varied[PLAN_PARAMETERS] = { false };
    for (int group = 0; group < TUNE_GROUPS; group++) {
        const int count = tune_group_collect(candidates, group, &nothing, &definitions[1], &targets[2], arena);
        for (int i = 0; i < count; i++)
            for (enum plan_parameter parameter = 0; parameter < PLAN_PARAMETERS; parameter++)
                varied[parameter] = varied[parameter] || candidates[i].request.given[parameter];
    }
    for (enum plan_parameter parameter = 0; parameter < PLAN_PARAMETERS; parameter++)
        if (!CHECK(varied[parameter] == (parameter != PLAN_BLOCK)))
            printf("%s\n", plan_parameter_name(parameter));
    free(candidates);
    arena_destroy(arena);
}

int main(void)
{
    RUN(every_candidate_is_another_plan);
    RUN(no_group_is_empty);
    RUN(a_tail_of_keys_appends_as_it_decodes);
    RUN(every_parameter_has_a_group);
    return test_end();
}
