/*
** Matrix and column sums: close to the reference's, and of the same bits for any order of tasks and, as a query's row
** of the matrix is its own, however the queries are cut into calls.
*/
#include "check.h"

static void outputs_once(struct run *run, const struct attn_phase *phase)
{
    run_write(run);
    run_phase(run, phase, run->sequence, run->trial->sequences);
    run_phase(run, &run->attention->outputs, run->sequence, run->trial->sequences);
}

static void outputs_plain(struct run *run)
{
    outputs_once(run, &run->attention->prefill);
}

static void outputs_shuffled(struct run *run)
{
    run->shuffled = true;
    outputs_once(run, &run->attention->decode);
}

/* A third of the queries, then the rest. */
static void outputs_parts(struct run *run)
{
    run_write(run);
    run_phase(run, &run->attention->prefill, run->sequence, run->trial->sequences);
    for (int part = 0; part < 2; part++) {
        struct attn_sequence some[TRIAL_SEQUENCES];
        for (int32_t b = 0; b < run->trial->sequences; b++) {
            const int32_t first = run->sequence[b].q_len / 3;
            some[b] = run->sequence[b];
            some[b].q_row += part * first;
            some[b].q_offset += part * first;
            some[b].q_len = part == 0 ? first : some[b].q_len - first;
        }
        run_phase(run, &run->attention->outputs, some, run->trial->sequences);
    }
}

static void outputs_check(struct check *check, const char *way, void (*run_way)(struct run *run), const struct result *expected,
                          struct result *found)
{
    struct run run;
    run_create(&run, check->trial, check->attention, check->random);
    run_way(&run);
    if (!run_outputs(&run, found))
        verdict_fail(check, way, "wrote %s", run.damage);
    else if (expected == NULL)
        verdict_near_outputs(check, way, found, &check->trial->expected);
    else
        verdict_same_outputs(check, way, found, expected);
    run_destroy(&run);
}

void check_outputs(struct check *check)
{
    const struct reference_line *line = check->trial->line;
    if (line->matrix == POINT_NONE && !line->column_sums) {
        if (check->attention->outputs.passes != 0)
            verdict_fail(check, "outputs", "has passes, but the definition has no outputs");
        return;
    }
    struct result whole = result_create(check->trial), found = result_create(check->trial);
    outputs_check(check, "outputs behind prefill", outputs_plain, NULL, &whole);
    outputs_check(check, "outputs behind decode, tasks in random order", outputs_shuffled, &whole, &found);
    if (!line->column_sums && (check->traits & TRAIT_NO_Q_LEN) != 0)
        outputs_check(check, "outputs of a third of the queries, then the rest", outputs_parts, &whole, &found);
    result_destroy(&whole);
    result_destroy(&found);
}
