/*
** Sequences move through the model together: each gives a chunk of its prompt or its newest
** token to the batch, until it has its steps, a stop token, or a full context.
*/
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "npy.h"
#include "seconds.h"

/* Output rows of a sequence, kept for a file. */
struct kept {
    float *floats;                    /* (room, width) */
    int64_t rows, room;
};

struct sequence {
    struct prompt_sequence prompt;
    int64_t fed;                      /* tokens that went through the model */
    int32_t *made;                    /* (steps) */
    int64_t made_count;
    bool ended;
    struct kept kept;
};

struct generation {
    const struct run *run;
    struct attn_session *session;
    struct sequence *sequences;       /* (count) */
    int count;
    int64_t capacity;
    int32_t *tokens, *lengths;        /* of the batch */
    bool prompting;                   /* the batch has tokens of a prompt */
    int64_t rows;                     /* of the batch */
};

int64_t run_longest(const struct run *run)
{
    const int64_t longest = prompt_longest(&run->prompt);
    return longest > 1 ? longest : 1;
}

/* Tokens that a sequence gives to the next batch. */
static int64_t chunk_length(const struct generation *generation, const struct sequence *sequence)
{
    const int64_t rest = sequence->prompt.length - sequence->fed;
    const int64_t said = generation->run->chunk;
    const int64_t chunk = said > 0 ? said : RUN_CHUNK / generation->count + 1;
    if (sequence->ended)
        return 0;
    if (rest <= 0)
        return 1;
    return attn_model_info(generation->run->model)->causal && chunk < rest ? chunk : rest;
}

/* Lays out the next batch; false when all sequences have ended. */
static bool batch_fill(struct generation *generation)
{
    generation->rows = 0;
    generation->prompting = false;
    for (int i = 0; i < generation->count; i++) {
        const struct sequence *sequence = &generation->sequences[i];
        const int64_t length = chunk_length(generation, sequence);
        const bool prompting = sequence->fed < sequence->prompt.length;
        const int32_t *from = prompting ? sequence->prompt.tokens + sequence->fed
                                        : sequence->made + sequence->made_count - 1;
        if (length > 0)
            memcpy(generation->tokens + generation->rows, from, (size_t)length * sizeof *from);
        generation->lengths[i] = (int32_t)length;
        generation->rows += length;
        generation->prompting = generation->prompting || (prompting && length > 0);
    }
    return generation->rows > 0;
}

/* Room for so many rows more; the old block stays behind until the end. */
static bool kept_grow(const struct run *run, struct kept *kept, int64_t rows, int64_t width)
{
    if (kept->rows + rows <= kept->room)
        return true;
    const int64_t room = 2 * kept->room + rows;
    float *floats = memory_take_large(run->memory, (size_t)room, (size_t)width * sizeof *floats, run->problem);
    if (floats == NULL)
        return false;
    if (kept->rows > 0)
        memcpy(floats, kept->floats, (size_t)(kept->rows * width) * sizeof *floats);
    kept->floats = floats;
    kept->room = room;
    return true;
}

static bool rows_keep(const struct run *run, struct kept *kept, const float *floats, int64_t rows)
{
    const int64_t width = attn_model_info(run->model)->width;
    if (run->logits == NULL || rows == 0)
        return true;
    if (!kept_grow(run, kept, rows, width))
        return false;
    memcpy(kept->floats + kept->rows * width, floats, (size_t)(rows * width) * sizeof *floats);
    kept->rows += rows;
    return true;
}

static bool token_stops(const struct run *run, int32_t token)
{
    for (int i = 0; i < run->stop_count; i++)
        if (run->stops[i] == token)
            return true;
    return false;
}

/* The next token of a sequence whose last row is given. */
static bool token_make(const struct generation *generation, struct sequence *sequence, const float *logits)
{
    const struct run *run = generation->run;
    const int32_t token = attn_sampler_next(run->sampler, logits);
    if (token < 0)
        return problem_set(run->problem, "no logit of token %" PRId64 " is a finite number", sequence->fed);
    sequence->made[sequence->made_count++] = token;
    sequence->ended = token_stops(run, token) || sequence->made_count == run->steps
        || sequence->fed == generation->capacity;
    return run->tokenizer == NULL || tokenizer_print(run->tokenizer, token, run->problem);
}

/* Takes a sequence's output rows after a batch. */
static bool sequence_advance(const struct generation *generation, int index)
{
    const struct run *run = generation->run;
    struct sequence *sequence = &generation->sequences[index];
    int64_t rows;
    const float *floats = attn_session_output(generation->session, index, &rows);
    if (generation->lengths[index] == 0)
        return true;
    if (!rows_keep(run, &sequence->kept, floats, rows))
        return false;
    sequence->fed += generation->lengths[index];
    if (sequence->fed < sequence->prompt.length)
        return true;
    if (run->steps == 0) {
        sequence->ended = true;
        return true;
    }
    return token_make(generation, sequence, floats + (rows - 1) * attn_model_info(run->model)->width);
}

static bool batch_run(const struct generation *generation, struct run_times *times)
{
    const struct run *run = generation->run;
    const struct attn_batch batch = { generation->tokens, generation->lengths, run->logits != NULL };
    const double begin = seconds_now();
    if (!attn_forward(generation->session, &batch, run->problem->text, run->problem->size))
        return false;
    const double seconds = seconds_now() - begin;
    *(generation->prompting ? &times->prompt_seconds : &times->made_seconds) += seconds;
    *(generation->prompting ? &times->prompt_tokens : &times->made_tokens) += generation->rows;
    for (int i = 0; i < generation->count; i++)
        if (!sequence_advance(generation, i))
            return false;
    return true;
}

static bool generation_loop(struct generation *generation, struct run_times *times)
{
    while (batch_fill(generation))
        if (!batch_run(generation, times))
            return false;
    return true;
}

static bool logits_write(const struct generation *generation)
{
    const struct run *run = generation->run;
    if (run->logits == NULL)
        return true;
    struct npy_block *blocks = memory_take(run->memory, (size_t)generation->count, sizeof *blocks, run->problem);
    for (int i = 0; i < generation->count && blocks != NULL; i++)
        blocks[i] = (struct npy_block){ generation->sequences[i].kept.floats, generation->sequences[i].kept.rows };
    return blocks != NULL
        && npy_write(run->logits, blocks, generation->count, attn_model_info(run->model)->width, run->problem);
}

/* The rest of the text, or the tokens of each sequence in a line. */
static bool text_finish(const struct generation *generation)
{
    const struct run *run = generation->run;
    if (run->tokenizer != NULL && run->steps > 0 && !tokenizer_finish(run->tokenizer, run->problem))
        return false;
    for (int i = 0; i < generation->count && run->tokenizer == NULL && run->steps > 0; i++) {
        const struct sequence *sequence = &generation->sequences[i];
        for (int64_t j = 0; j < sequence->made_count; j++)
            printf("%s%" PRId32, j == 0 ? "" : " ", sequence->made[j]);
        putchar('\n');
    }
    if (run->tokenizer != NULL && run->steps > 0)
        putchar('\n');
    return fflush(stdout) == 0 || problem_set(run->problem, "the output cannot be written");
}

static bool generation_open(struct generation *generation)
{
    const struct run *run = generation->run;
    const size_t count = (size_t)generation->count;
    size_t rows = count;              /* of a batch, at most: every prompt whole, or a token of each sequence */
    for (int i = 0; i < generation->count; i++)
        rows += (size_t)run->prompt.sequences[i].length;
    generation->sequences = memory_take(run->memory, count, sizeof *generation->sequences, run->problem);
    generation->lengths = memory_take(run->memory, count, sizeof *generation->lengths, run->problem);
    generation->tokens = memory_take_large(run->memory, rows, sizeof *generation->tokens, run->problem);
    if (generation->sequences == NULL || generation->lengths == NULL || generation->tokens == NULL)
        return false;
    for (int i = 0; i < generation->count; i++) {
        struct sequence *sequence = &generation->sequences[i];
        sequence->prompt = run->prompt.sequences[i];
        sequence->ended = sequence->prompt.length == 0;
        sequence->made = memory_take_large(run->memory, (size_t)run->steps, sizeof *sequence->made, run->problem);
        if (sequence->made == NULL)
            return false;
    }
    return true;
}

/* What is remembered of prompts that begin like these. A file that is not there yet remembers nothing. */
static bool prompts_recall(struct generation *generation, struct run_times *times)
{
    const struct run *run = generation->run;
    if (run->cache_file == NULL)
        return true;
    if (access(run->cache_file, F_OK) == 0
        && !attn_session_load(generation->session, run->cache_file, run->problem->text, run->problem->size))
        return false;
    for (int i = 0; i < generation->count; i++) {
        struct sequence *sequence = &generation->sequences[i];
        sequence->fed = attn_session_recall(generation->session, i, sequence->prompt.tokens, sequence->prompt.length);
        times->recalled_tokens += sequence->fed;
    }
    return true;
}

static bool prompts_remember(const struct generation *generation)
{
    const struct run *run = generation->run;
    if (run->cache_file == NULL)
        return true;
    for (int i = 0; i < generation->count; i++)
        attn_session_remember(generation->session, i);
    return attn_session_save(generation->session, run->cache_file, run->problem->text, run->problem->size);
}

/* Bytes of pages for the sequences and for what is remembered; 0 without a file. */
static int64_t cache_bytes(const struct run *run, int count, int64_t capacity)
{
    return run->cache_file == NULL ? 0 : run->cache_bytes + attn_cache_bytes(run->model, count, capacity);
}

bool run_generate(const struct run *run, struct run_times *times)
{
    const struct attn_model_info *info = attn_model_info(run->model);
    const int64_t wanted = run_longest(run) + run->steps;
    struct generation generation = { .run = run, .count = run->prompt.count };
    generation.capacity = wanted < info->context ? wanted : info->context;
    const struct attn_session_options options = {
        .sequences = generation.count, .capacity = generation.capacity,
        .encoder_capacity = prompt_longest(&run->encoder_prompt), .reference = run->reference,
        .cache_bytes = cache_bytes(run, generation.count, generation.capacity),
    };
    *times = (struct run_times){ 0 };
    generation.session = attn_session_create(run->model, &options, run->problem->text, run->problem->size);
    const bool done = generation.session != NULL && generation_open(&generation)
        && run_encode(run, generation.session, 0, generation.count)
        && prompts_recall(&generation, times) && generation_loop(&generation, times) && text_finish(&generation)
        && prompts_remember(&generation) && logits_write(&generation);
    attn_session_destroy(generation.session);
    return done;
}
