/*
** Sessions begin and end; their buffers grow to hold a batch.
*/
#include "session.h"

#include <inttypes.h>
#include <string.h>

enum { SESSION_SEQUENCES = 1 << 16 };     /* most of them */

static bool options_check(const struct attn_model *model, const struct attn_session_options *options,
                          struct problem *problem)
{
    if (options->sequences < 1 || options->sequences > SESSION_SEQUENCES)
        return problem_set(problem, "%d sequences were asked for; 1 to %d are possible", options->sequences,
                           SESSION_SEQUENCES);
    if (options->capacity < 1 || options->capacity > model->info.context)
        return problem_set(problem, "a capacity of %" PRId64 " tokens was asked for; %s has a context of %" PRId64,
                           options->capacity, model->info.name, model->info.context);
    if (options->encoder_capacity < (model->info.encoder_context > 0 ? 1 : 0)
        || options->encoder_capacity > model->info.encoder_context)
        return problem_set(problem, "a capacity of %" PRId64 " tokens was asked for the encoder; that of %s has a "
                           "context of %" PRId64, options->encoder_capacity, model->info.name, model->info.encoder_context);
    if (options->chunk < 0 || options->chunk > options->capacity || options->cache_bytes < 0)
        return problem_set(problem, "a chunk of %" PRId64 " tokens and %" PRId64 " bytes of cache were asked for; expected a "
                           "chunk of at most the capacity, and no negative number", options->chunk, options->cache_bytes);
    if (!options->reference && !model->info.kernels)
        return problem_set(problem, "%s was opened without kernels; ask for the reference", model->info.name);
    return true;
}

int64_t session_capacity(const struct attn_session *session, bool encoder)
{
    return encoder ? session->options.encoder_capacity : session->options.capacity;
}

int64_t session_layer_capacity(const struct attn_session *session, int64_t layer)
{
    const struct model_layer *own = &session->model->layers[layer];
    return attention_capacity(&session->model->attentions[own->attention], session->reference,
                              session_capacity(session, own->encoder), session->options.chunk);
}

/* Bytes of a sequence in each layer. */
static bool contiguous_open(struct attn_session *session, size_t *unit_bytes, struct problem *problem)
{
    const struct attn_model *model = session->model;
    for (int64_t i = 0; i < model->layer_count; i++)
        unit_bytes[i] = cache_aligned(attention_cache_bytes(&model->attentions[model->layers[i].attention],
                                                            session->reference, session_layer_capacity(session, i)));
    return cache_create(&session->cache, unit_bytes, model->layer_count, session->options.sequences, &session->memory,
                        problem);
}

/* Bytes of a page in each layer. */
static bool paged_open(struct attn_session *session, int32_t tokens, size_t *unit_bytes, struct problem *problem)
{
    const struct attn_model *model = session->model;
    size_t page_bytes = 0;
    for (int64_t i = 0; i < model->layer_count; i++) {
        unit_bytes[i] = attention_cache_bytes(&model->attentions[model->layers[i].attention], false, tokens);
        page_bytes += unit_bytes[i];
    }
    const int64_t count = session_pages_count(session, tokens, page_bytes);
    return session_pages_open(session, tokens, count, problem)
        && cache_create(&session->cache, unit_bytes, model->layer_count, count, &session->memory, problem);
}

static bool cache_open(struct attn_session *session, struct problem *problem)
{
    int32_t tokens = 0;
    size_t *unit_bytes = memory_take(&session->memory, (size_t)session->model->layer_count, sizeof *unit_bytes, problem);
    if (unit_bytes == NULL || (!session->reference && !session_pages_find(session->model, &tokens, problem)))
        return false;
    return tokens > 0 ? paged_open(session, tokens, unit_bytes, problem) : contiguous_open(session, unit_bytes, problem);
}

static bool session_open(struct attn_session *session, struct problem *problem)
{
    struct memory *memory = &session->memory;
    const size_t sequences = (size_t)session->options.sequences;
    session->lengths = memory_take(memory, sequences, sizeof *session->lengths, problem);
    session->encoder_lengths = memory_take(memory, sequences, sizeof *session->encoder_lengths, problem);
    session->sequences = memory_take(memory, sequences, sizeof *session->sequences, problem);
    session->encoded = memory_take(memory, sequences, sizeof *session->encoded, problem);
    session->output_rows = memory_take(memory, sequences + 1, sizeof *session->output_rows, problem);
    session->rotations = memory_take(memory, (size_t)session->model->description.attention_count,
                                     sizeof *session->rotations, problem);
    return session->lengths != NULL && session->encoder_lengths != NULL && session->sequences != NULL
        && session->encoded != NULL && session->output_rows != NULL && session->rotations != NULL
        && cache_open(session, problem);
}

struct attn_session *attn_session_create(struct attn_model *model, const struct attn_session_options *options,
                                         char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    struct memory memory;
    if (!options_check(model, options, &problem))
        return NULL;
    memory_begin(&memory, model->memory.allocator);
    struct attn_session *session = memory_take(&memory, 1, sizeof *session, &problem);
    if (session == NULL)
        return NULL;
    session->model = model;
    session->options = *options;
    if (session->options.chunk == 0)
        session->options.chunk = options->capacity;
    session->reference = options->reference;
    session->memory = memory;
    memory_begin(&session->buffers, model->memory.allocator);
    if (session_open(session, &problem))
        return session;
    attn_session_destroy(session);
    return NULL;
}

void attn_session_destroy(struct attn_session *session)
{
    if (session == NULL)
        return;
    memory_release(&session->buffers);
    struct memory memory = session->memory;       /* the session lies in it */
    memory_release(&memory);
}

/* What the placed batch needs. */
static struct session_room room_needed(const struct attn_session *session)
{
    const int64_t sequences = session->options.sequences;
    struct session_room room = { .rows = session->rows, .last_rows = session->rows };
    if (!session->all_rows && sequences < room.last_rows)
        room.last_rows = sequences;
    for (int i = 0; i < session->model->description.attention_count; i++) {
        const size_t bytes = attention_workspace_bytes(session, i);
        room.workspace_bytes = bytes > room.workspace_bytes ? bytes : room.workspace_bytes;
    }
    return room;
}

static bool activations_take(struct attn_session *session, const struct session_room *room, struct problem *problem)
{
    const struct attn_model *model = session->model;
    for (int i = 0; i < model->description.activation_count; i++) {
        const int64_t full = room->rows * model->widths[i].full, last = room->last_rows * model->widths[i].last;
        session->activations[i].values = memory_take_large(&session->buffers, (size_t)(full > last ? full : last),
                                                           sizeof(float), problem);
        if (session->activations[i].values == NULL)
            return false;
    }
    return true;
}

static bool rotations_take(struct attn_session *session, const struct session_room *room, struct problem *problem)
{
    const struct attn_model *model = session->model;
    for (int i = 0; i < model->description.attention_count; i++) {
        const int32_t floats = attention_rotation_floats(&model->attentions[i], session->reference);
        session->rotations[i] = memory_take_large(&session->buffers, (size_t)(room->rows * floats), sizeof(float),
                                                  problem);
        if (session->rotations[i] == NULL)
            return false;
    }
    return true;
}

static bool buffers_take(struct attn_session *session, const struct session_room *room, struct problem *problem)
{
    session->positions = memory_take_large(&session->buffers, (size_t)room->rows, sizeof *session->positions,
                                           problem);
    session->workspace = memory_take_large(&session->buffers, 1, room->workspace_bytes, problem);
    return session->positions != NULL && session->workspace != NULL
        && activations_take(session, room, problem) && rotations_take(session, room, problem);
}

bool session_reserve(struct attn_session *session, struct problem *problem)
{
    const struct session_room needed = room_needed(session);
    struct session_room room = session->room;
    if (needed.rows <= room.rows && needed.last_rows <= room.last_rows
        && needed.workspace_bytes <= room.workspace_bytes)
        return true;
    room.rows = needed.rows > room.rows ? needed.rows : room.rows;
    room.last_rows = needed.last_rows > room.last_rows ? needed.last_rows : room.last_rows;
    if (needed.workspace_bytes > room.workspace_bytes)        /* half as much again: it grows token by token */
        room.workspace_bytes = needed.workspace_bytes + needed.workspace_bytes / 2;
    memory_release(&session->buffers);
    session->room = (struct session_room){ 0 };
    memset(session->output_rows, 0, ((size_t)session->options.sequences + 1) * sizeof *session->output_rows);
    if (!buffers_take(session, &room, problem)) {
        memory_release(&session->buffers);
        return false;
    }
    session->room = room;
    return true;
}

const float *attn_session_output(const struct attn_session *session, int sequence, int64_t *rows)
{
    const struct activation *output = &session->activations[session->model->description.output];
    *rows = session->output_rows[sequence + 1] - session->output_rows[sequence];
    return *rows == 0 ? NULL : output->values + session->output_rows[sequence] * output->width;
}

int64_t attn_session_length(const struct attn_session *session, int sequence)
{
    return session->lengths[sequence];
}

bool attn_session_truncate(struct attn_session *session, int sequence, int64_t length)
{
    if (length < 0 || length > session->lengths[sequence])
        return false;
    session->lengths[sequence] = length;
    session_pages_cut(session, sequence, length);
    return true;
}
