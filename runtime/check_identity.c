/*
** What must hold for any attention of its kind, whatever the reference says.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* A prefill of the given sequences, all their new keys written first. */
static bool prefill_take(struct check *check, const char *way, struct run *run, const struct attn_sequence *sequence,
                         struct result *found)
{
    run_phase(run, &run->attention->write, sequence, run->trial->sequences);
    run_phase(run, &run->attention->prefill, sequence, run->trial->sequences);
    return verdict_take(check, way, run, found);
}

static bool whole_take(struct check *check, const char *way, struct result *found)
{
    struct run run;
    run_create(&run, check->trial, check->attention, check->random);
    const bool taken = prefill_take(check, way, &run, run.sequence, found);
    run_destroy(&run);
    return taken;
}

/* Whether the sequence of a row of q has keys; false for a row of no sequence. */
static bool row_has_keys(const struct trial *trial, int64_t row)
{
    for (int32_t b = 0; b < trial->sequences; b++) {
        const struct attn_sequence *sequence = &trial->sequence[b];
        if (row >= sequence->q_row && row < sequence->q_row + sequence->q_len)
            return sequence->kv_len > 0;
    }
    return false;
}

/* What a row gives that sees no key; a mean is 0 where there are no keys at all. */
static float hidden_expected(const struct trial *trial, int64_t row, float constant)
{
    switch (trial->line->hidden_row) {
    case 0: return 0.0f;
    case 1: return NAN;
    default: return row_has_keys(trial, row) ? constant : 0.0f;
    }
}

/* constant_value(d) as a cache stores it, the same for every key. */
static void constant_read(struct check *check, float *constant)
{
    struct run run;
    run_create(&run, check->trial, check->attention, check->random);
    run_write(&run);
    for (int32_t b = 0; b < check->trial->sequences; b++)
        if (run.sequence[b].kv_len > 0)
            cache_read_value(&run, b, 0, 0, constant);
    run_destroy(&run);
}

/* Rows that see no key have an lse of -infinity; a sink takes its part of the weights. */
static float constant_expected(const struct trial *trial, float lse, int64_t row, int head, float constant)
{
    const int sink = trial->line->sink, number = trial->line->keep.list[head];
    if (lse == -INFINITY)
        return hidden_expected(trial, row, constant);
    const double share = sink == SINK_NONE ? 1.0 : 1.0 / (1.0 + exp((sink == SINK_ZERO ? 0.0 : (double)trial->sink[number]) - (double)lse));
    return (float)(share * (double)constant);
}

/* Weights sum to one: a constant value comes back. */
static void constant_take(struct check *check)
{
    static const char name[] = "constant values come back";
    const struct trial *trial = check->trial;
    struct result found = result_create(trial), expected = result_create(trial);
    float constant[REFERENCE_D] = { 0.0f };
    constant_read(check, constant);
    if (whole_take(check, name, &found)) {
        const int64_t row_heads = trial->q.rows * trial->line->heads;
        memcpy(expected.lse, check->whole.lse, (size_t)row_heads * sizeof *expected.lse);
        for (int64_t i = 0; i < row_heads * trial->line->d_v; i++) {
            const int64_t row_head = i / trial->line->d_v;
            expected.o[i] = constant_expected(trial, check->whole.lse[row_head], row_head / trial->line->heads,
                                              (int)(row_head % trial->line->heads), constant[i % trial->line->d_v]);
        }
        verdict_near(check, name, &found, &expected);
    }
    result_destroy(&found);
    result_destroy(&expected);
}

static void identity_constant(struct check *check)
{
    const struct guarded *v = &check->trial->v.memory;
    if (check->trial->line->normalize == 1 || check->trial->line->v_in_k)      /* sums to anything; v cannot change alone */
        return;
    void *values = check_memory(v->bytes, 1);
    memcpy(values, v->data, v->bytes);
    trial_set_constant(check->trial);
    constant_take(check);
    memcpy(v->data, values, v->bytes);
    free(values);
}

/* Later keys --------------------------------------------------------------------------------- */

static void row_scale(const struct strided *strided, int64_t row, float factor)
{
    for (int head = 0; head < strided->heads; head++)
        for (int d = 0; d < strided->width; d++)
            strided_row(strided, row, head)[d] *= factor;
}

/* Keys and values of places behind last (b) times factor, a power of two, so that its inverse brings them back. */
static void later_scale(const struct trial *trial, const int32_t last[], float factor)
{
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int32_t k = last[b] + 1; k < trial->sequence[b].kv_len; k++) {
            row_scale(&trial->k, trial->sequence[b].k_row + k, factor);
            row_scale(&trial->v, trial->sequence[b].k_row + k, factor);
        }
}

/* Rows of queries behind last may differ: they become those of the whole. */
static void later_forget(const struct check *check, const int32_t last[], struct result *found)
{
    const struct trial *trial = check->trial;
    const int64_t heads = trial->line->heads, row_floats = heads * trial->line->d_v;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int32_t i = 0; i < trial->sequence[b].q_len; i++) {
            const int64_t row = trial->sequence[b].q_row + i;
            if (trial->sequence[b].q_offset + i <= last[b])
                continue;
            memcpy(found->o + row * row_floats, check->whole.o + row * row_floats, (size_t)row_floats * sizeof(float));
            memcpy(found->lse + row * heads, check->whole.lse + row * heads, (size_t)heads * sizeof(float));
        }
}

/* Without sight of later keys, no bit depends on them. */
static void identity_later(struct check *check)
{
    static const char name[] = "later keys change no bit";
    const struct trial *trial = check->trial;
    int32_t last[TRIAL_SEQUENCES];
    if ((check->traits & TRAIT_CAUSAL) == 0)
        return;
    for (int32_t b = 0; b < trial->sequences; b++)
        last[b] = (int32_t)random_between(check->random, -1, trial->sequence[b].kv_len);
    struct result found = result_create(trial);
    later_scale(trial, last, -2.0f);
    if (whole_take(check, name, &found)) {
        later_forget(check, last, &found);
        verdict_same(check, name, &found, &check->whole);
    }
    later_scale(trial, last, -0.5f);
    result_destroy(&found);
}

/* Keys in two parts -------------------------------------------------------------------------- */

static bool score_moves(const struct trial *trial, int32_t b, int32_t i, int32_t k, int head, int32_t cut)
{
    static const double samples[] = { -2.0, -0.25, 0.5, 3.0 };
    for (size_t n = 0; n < sizeof samples / sizeof *samples; n++)
        if (trial_score(trial, b, i, k, head, 0, samples[n]) != trial_score(trial, b, i, k, head, cut, samples[n]))
            return true;
    return false;
}

/* Whether mask and score say the same of the second part when its first key is called 0. */
static bool split_allowed(const struct trial *trial, int32_t b, int32_t cut, int head)
{
    const struct attn_sequence *sequence = &trial->sequence[b];
    for (int32_t i = 0; i < sequence->q_len; i++)
        for (int32_t k = cut; k < sequence->kv_len; k++)
            if (trial_sees(trial, b, i, k, head, 0) != trial_sees(trial, b, i, k, head, cut) ||
                score_moves(trial, b, i, k, head, cut))
                return false;
    return true;
}

/* The second part joins the first, in memory of just the size of their rows, as o has them; the largest |o| of both before. */
static double parts_merge(struct check *check, struct result found[2])
{
    const struct reference_line *line = check->trial->line;
    const enum narrow type = (enum narrow)line->activations;
    const int64_t rows = check->trial->q.rows * line->heads, numbers = rows * line->d_v;
    struct guarded o[2];
    double largest = 0.0;
    for (int part = 0; part < 2; part++) {
        o[part] = guarded_create((size_t)numbers * narrow_bytes(type), narrow_bytes(type), GUARD_END);
        for (int64_t i = 0; i < numbers; i++) {
            narrow_put(type, o[part].data, i, found[part].o[i]);
            largest = fmax(largest, fabs((double)found[part].o[i]));
        }
    }
    check->attention->merge(rows, o[0].data, found[0].lse, o[1].data, found[1].lse);
    for (int64_t i = 0; i < numbers; i++)
        found[0].o[i] = narrow_get(type, o[0].data, i);
    if (!guarded_intact(&o[0]) || !guarded_intact(&o[1]))
        verdict_fail(check, "merge", "wrote outside of its rows");
    guarded_destroy(&o[0]);
    guarded_destroy(&o[1]);
    return largest;
}

static void split_take(struct check *check, const int32_t cut[])
{
    static const char name[] = "keys in two parts, merged";
    const struct trial *trial = check->trial;
    struct result found[2] = { result_create(trial), result_create(trial) };
    bool taken = true;
    for (int part = 0; part < 2; part++) {
        struct run run;
        run_create(&run, trial, check->attention, check->random);
        for (int32_t b = 0; b < trial->sequences; b++) {
            struct attn_sequence *sequence = &run.sequence[b];
            sequence->k_row += part * cut[b];
            sequence->q_offset -= part * cut[b];
            sequence->kv_len = part == 0 ? cut[b] : sequence->kv_len - cut[b];
            sequence->k_len = sequence->kv_len;
        }
        taken = prefill_take(check, name, &run, run.sequence, &found[part]) && taken;
        run_destroy(&run);
    }
    if (taken) {
        const double largest = parts_merge(check, found);
        verdict_near_merged(check, name, largest, &found[0], &check->whole);
    }
    result_destroy(&found[0]);
    result_destroy(&found[1]);
}

static void identity_split(struct check *check)
{
    const struct trial *trial = check->trial;
    const struct reference_line *line = trial->line;
    const bool by_head = expression_uses(&line->mask, EXPRESSION_H) || expression_uses(&line->score, EXPRESSION_H);
    const int heads = by_head ? line->layer_heads : 1;
    int32_t cut[TRIAL_SEQUENCES];
    if ((check->traits & TRAIT_NO_KV_LEN) == 0 || line->sink != SINK_NONE)      /* a sink may join once, after merging */
        return;
    if (arrays_have_axis(&line->arrays, EXPRESSION_AXIS_KEY))           /* they count keys from the first on */
        return;
    for (int32_t b = 0; b < trial->sequences; b++) {
        cut[b] = (int32_t)random_between(check->random, 0, trial->sequence[b].kv_len);
        for (int head = 0; head < heads; head++)
            if (!split_allowed(trial, b, cut[b], head))
                return;
    }
    split_take(check, cut);
}

void check_identities(struct check *check)
{
    identity_later(check);
    identity_split(check);
    identity_constant(check);
}
