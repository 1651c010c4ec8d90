/*
** A forward pass: the batch is checked and laid out, buffers grow to hold it, the steps run.
*/
#include <inttypes.h>
#include <string.h>

#include "operation.h"
#include "session.h"

enum { BATCH_ROWS = 1 << 24 };        /* most tokens of a batch: times DESCRIPTION_WIDTH it fits 64 bits */

/* A batch for the encoder, or for the steps behind it. */
struct batch {
    const int32_t *tokens, *lengths;
    bool all_rows, encoder;
    const struct description_stack *stack;
};

/* Tokens in the caches before the batch. */
static int64_t length_before(const struct attn_session *session, const struct batch *batch, int sequence)
{
    return session->model->info.causal && !batch->encoder ? session->lengths[sequence] : 0;
}

static bool tokens_check(const struct attn_session *session, const struct batch *batch, int64_t row, int sequence,
                         struct problem *problem)
{
    const int32_t *tokens = batch->tokens + row;
    const int64_t vocab = batch->stack->vocab;
    for (int64_t i = 0; i < batch->lengths[sequence]; i++)
        if (tokens[i] < 0 || tokens[i] >= vocab)
            return problem_set(problem, "token %" PRId64 " of sequence %d is %" PRId32 "; %stokens of %s are 0 to %"
                               PRId64, i, sequence, tokens[i], batch->encoder ? "encoder " : "",
                               session->model->info.name, vocab - 1);
    return true;
}

static bool length_check(const struct attn_session *session, const struct batch *batch, int sequence,
                         struct problem *problem)
{
    const int64_t before = length_before(session, batch, sequence), length = batch->lengths[sequence];
    const int64_t capacity = session_capacity(session, batch->encoder);
    if (length < 0 || length > capacity - before)
        return problem_set(problem, "sequence %d has %" PRId64 " tokens and was given %" PRId64 "; it holds %" PRId64,
                           sequence, before, length, capacity);
    if (length > session->options.chunk && !batch->encoder && session->model->info.causal)
        return problem_set(problem, "sequence %d was given %" PRId64 " tokens; the session takes %" PRId64 " at a time", sequence,
                           length, session->options.chunk);
    if (length > 0 && !batch->encoder && session->model->info.encoder_context > 0 && session->encoder_lengths[sequence] == 0)
        return problem_set(problem, "sequence %d was given tokens before its encoder was", sequence);
    return true;
}

static bool batch_check(const struct attn_session *session, const struct batch *batch, struct problem *problem)
{
    int64_t rows = 0;
    for (int i = 0; i < session->options.sequences; i++) {
        if (!length_check(session, batch, i, problem) || !tokens_check(session, batch, rows, i, problem))
            return false;
        rows += batch->lengths[i];
        if (rows > BATCH_ROWS)
            return problem_set(problem, "a batch of more than %d tokens", BATCH_ROWS);
    }
    return true;
}

/* Places of the batch's rows among activations, caches and output. */
static void batch_place(struct attn_session *session, const struct batch *batch)
{
    session->tokens = batch->tokens;
    session->all_rows = batch->all_rows;
    session->rows = 0;
    for (int i = 0; i < session->options.sequences; i++) {
        const int32_t length = batch->lengths[i];
        const int32_t before = (int32_t)length_before(session, batch, i);
        struct attn_sequence *sequence = &session->sequences[i];
        *sequence = (struct attn_sequence){
            .q_row = session->rows, .k_row = session->rows, .q_len = length, .q_offset = before,
            .k_len = length, .kv_len = before + length, .capacity = session_capacity(session, batch->encoder),
        };
        session->encoded[i] = *sequence;
        session->encoded[i].k_len = 0;
        session->encoded[i].kv_len = (int32_t)session->encoder_lengths[i];
        session->encoded[i].capacity = session->options.encoder_capacity;
        session->rows += length;
    }
}

static void positions_fill(struct attn_session *session)
{
    for (int i = 0; i < session->options.sequences; i++) {
        const struct attn_sequence *sequence = &session->sequences[i];
        for (int32_t j = 0; j < sequence->q_len; j++)
            session->positions[sequence->q_row + j] = sequence->q_offset + j;
    }
    for (int i = 0; i < session->model->description.attention_count; i++) {
        const struct attention *attention = &session->model->attentions[i];
        if (attention_rotation_floats(attention, session->reference) > 0)
            attention->kernel->rotation(session->positions, session->rows, session->rotations[i]);
    }
}

static bool batch_run(struct attn_session *session, const struct batch *batch, struct problem *problem)
{
    if (!batch_check(session, batch, problem))
        return false;
    batch_place(session, batch);
    if (!session_reserve(session, problem) || (!batch->encoder && !session_pages_reserve(session, problem)))
        return false;
    positions_fill(session);
    for (int i = 0; i < batch->stack->step_count; i++)
        batch->stack->steps[i].operation->run(session, &batch->stack->steps[i]);
    return true;
}

bool attn_encode(struct attn_session *session, const struct attn_encoder_batch *given, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    const struct description_stack *encoder = &session->model->description.encoder;
    const struct batch batch = { given->tokens, given->lengths, false, true, encoder };
    if (encoder->step_count == 0)
        return problem_set(&problem, "%s has no encoder", session->model->info.name);
    if (!batch_run(session, &batch, &problem))
        return false;
    memset(session->output_rows, 0, ((size_t)session->options.sequences + 1) * sizeof *session->output_rows);
    for (int i = 0; i < session->options.sequences; i++)
        if (given->lengths[i] > 0) {
            session->encoder_lengths[i] = given->lengths[i];
            session->lengths[i] = 0;
        }
    return true;
}

/* The output has a row for every token, or for each sequence that has any. */
static void output_place(struct attn_session *session)
{
    const bool every = session->activations[session->model->description.output].rows == session->rows;
    int64_t row = 0;
    for (int i = 0; i < session->options.sequences; i++) {
        const int64_t length = session->sequences[i].q_len;
        session->output_rows[i] = row;
        row += every || length == 0 ? length : 1;
    }
    session->output_rows[session->options.sequences] = row;
}

bool attn_forward(struct attn_session *session, const struct attn_batch *given, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    const struct batch batch = { given->tokens, given->lengths, given->all_rows, false, &session->model->description.stack };
    if (!batch_run(session, &batch, &problem))
        return false;
    output_place(session);
    session_pages_note(session);
    for (int i = 0; i < session->options.sequences; i++)
        session->lengths[i] = session->sequences[i].kv_len;
    return true;
}
