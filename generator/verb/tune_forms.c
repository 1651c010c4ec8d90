#include "tune_forms.h"

#include <stdio.h>

#include "../compile/binary.h"
#include "../compile/timing.h"

enum { LENGTHS = 8 };

static const int32_t lengths[LENGTHS] = { 16, 32, 48, 64, 96, 128, 192, 256 };      /* of new tokens */
static const double case_seconds = 0.02;

bool tune_forms_apply(const struct definition *definition)
{
    return definition->mla.form == MLA_ABSORBED && definition->kept.head == NULL;
}

/* The times of all lengths; NULL after a report. */
static const struct timing *form_time(const struct definition *definition, const char *plan, const struct tune_target *target)
{
    const struct options *options = target->options;
    const struct model alone = { .name = "tuned", .file = options->input, .definitions = definition, .definition_count = 1 };
    const struct emit_options emit = { .targets = target->isa->name, .plan = plan[0] != '\0' ? plan : NULL };
    struct timing_case cases[LENGTHS];
    struct binary binary;
    if (!binary_make(&binary, &alone, target->root, &emit, options))
        return NULL;
    for (int i = 0; i < LENGTHS; i++)
        cases[i] = (struct timing_case){ 0, BENCH_APPEND, lengths[i], TUNE_FORMS_CACHED + lengths[i], 1 };
    struct timing_job job = {
        .root = target->root, .model = alone.name, .target = target->isa->name, .objects = &binary.path, .object_count = 1,
        .cases = cases, .case_count = LENGTHS, .seconds = case_seconds
    };
    return timing_run(&job, options->arena, options->report) ? job.timings : NULL;
}

/* Seconds that the cached latents take to unfold, at the FMA peak. New tokens' cost as much as folding their queries and outputs. */
static double unfold_seconds(const struct definition *definition, double peak_gflops)
{
    const struct mla *mla = &definition->mla;
    return 2.0 * TUNE_FORMS_CACHED * mla->kv_rank * definition->heads * (mla->nope + mla->v) / (peak_gflops * 1e9);
}

bool tune_forms(int *naive_from, const struct tune_target *target, const char *plan)
{
    const struct definition *absorbed = target->definition;
    const struct definition naive = definition_unfolded(absorbed, &target->options->catalog, target->options->arena);
    const struct timing *of_absorbed = form_time(absorbed, plan, target);
    const struct timing *of_naive = of_absorbed == NULL ? NULL : form_time(&naive, "", target);
    if (of_naive == NULL)
        return false;
    *naive_from = 0;
    for (int i = LENGTHS - 1; i >= 0; i--) {
        const double seconds = of_naive[i].seconds + unfold_seconds(absorbed, of_naive[i].peak_gflops);
        if (seconds >= of_absorbed[i].seconds)
            break;
        *naive_from = lengths[i];
    }
    if (*naive_from > 0)
        printf("  behind %d cached tokens the naive form, unfolded at the FMA peak, is faster from %d new ones on\n", TUNE_FORMS_CACHED, *naive_from);
    else
        printf("  behind %d cached tokens the naive form, unfolded at the FMA peak, is not faster up to %d new ones\n", TUNE_FORMS_CACHED,
               lengths[LENGTHS - 1]);
    return true;
}
