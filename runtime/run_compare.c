/*
** The prompt through the kernels and through the reference, row against row.
*/
#include "run.h"

#include <math.h>

static void rows_compare(struct run_difference *difference, const float *found, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const double apart = fabs((double)found[i] - expected[i]);
        if (!(apart <= difference->largest))      /* NaN counts as the largest */
            difference->largest = isnan(apart) ? INFINITY : apart;
        difference->low = fmin(difference->low, expected[i]);
        difference->high = fmax(difference->high, expected[i]);
    }
}

/* The next chunk of a sequence through both sessions. */
static bool chunk_compare(const struct run *run, struct attn_session *const sessions[2], const int32_t *tokens,
                          int32_t length, struct run_difference *difference)
{
    const struct attn_batch batch = { tokens, &length, true };
    const float *output[2];
    int64_t rows;
    for (int i = 0; i < 2; i++) {
        if (!attn_forward(sessions[i], &batch, run->problem->text, run->problem->size))
            return false;
        output[i] = attn_session_output(sessions[i], 0, &rows);
    }
    rows_compare(difference, output[0], output[1], rows * attn_model_info(run->model)->width);
    return true;
}

/* Both sessions begin that sequence. */
static bool sequence_begin(const struct run *run, struct attn_session *const sessions[2], int index)
{
    for (int i = 0; i < 2; i++)
        if (!attn_session_truncate(sessions[i], 0, 0) || !run_encode(run, sessions[i], index, 1))
            return false;
    return true;
}

static bool sequence_compare(const struct run *run, struct attn_session *const sessions[2], int index,
                             struct run_difference *difference)
{
    const struct prompt_sequence *sequence = &run->prompt.sequences[index];
    const bool causal = attn_model_info(run->model)->causal;
    if (!sequence_begin(run, sessions, index))
        return false;
    for (int64_t at = 0; at < sequence->length;) {
        const int64_t rest = sequence->length - at;
        const int64_t length = causal && rest > RUN_CHUNK ? RUN_CHUNK : rest;
        if (!chunk_compare(run, sessions, sequence->tokens + at, (int32_t)length, difference))
            return false;
        at += length;
    }
    return true;
}

static bool sequences_compare(const struct run *run, struct attn_session *const sessions[2],
                              struct run_difference *difference)
{
    for (int i = 0; i < run->prompt.count; i++)
        if (!sequence_compare(run, sessions, i, difference))
            return false;
    return true;
}

bool run_compare(const struct run *run, struct run_difference *difference)
{
    struct attn_session *sessions[2] = { NULL, NULL };
    bool opened = true;
    *difference = (struct run_difference){ 0, INFINITY, -INFINITY };
    for (int i = 0; i < 2 && opened; i++) {
        const struct attn_session_options options = {
            .sequences = 1, .capacity = run_longest(run), .encoder_capacity = prompt_longest(&run->encoder_prompt),
            .reference = i == 1,
        };
        sessions[i] = attn_session_create(run->model, &options, run->problem->text, run->problem->size);
        opened = sessions[i] != NULL;
    }
    const bool compared = opened && sequences_compare(run, sessions, difference);
    attn_session_destroy(sessions[0]);
    attn_session_destroy(sessions[1]);
    return compared;
}
