/*
** Sessions over pages and rings: sequences that join and leave, prompts that are recalled, caches
** that are full. Every attention step is computed again for each sequence alone, over a cache in one
** piece, and must give the same bits.
*/
#include <math.h>
#include <stdlib.h>

#include "../../build/emitted/serving.h"
#include "../../runtime/attn.h"
#include "../../runtime/random.h"
#include "../test.h"
#include "scratch.h"

enum {
    VOCAB = 23, WIDTH = 24, CONTEXT = 512, LAYERS = 2, SEQUENCES = 64, STEPS = 60, PROMPT = 90,
    DIALOGUES = 60, PAGE_TOKENS = 64
};

static struct scratch scratch;
static char error[1024];

/* The model ------------------------------------------------------------------------------------- */

/* Two layers of attention with what else a small model has; a weight of one row is a vector. */
static const struct weight { const char *name; int rows, columns; } weights[] = {
    { "embed", VOCAB, WIDTH }, { "norm", WIDTH, 0 },
    { "q0", 64, WIDTH }, { "k0", 32, WIDTH }, { "v0", 32, WIDTH }, { "o0", WIDTH, 64 },
    { "q1", 32, WIDTH }, { "k1", 8, WIDTH }, { "v1", 8, WIDTH }, { "o1", WIDTH, 32 },
};

static const char layer_steps[] =
    "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'norm','eps':1e-5},"
    "{'op':'linear','in':'h','out':'q','weight':'q%d','width':%d},{'op':'linear','in':'h','out':'k','weight':'k%d','width':%d},"
    "{'op':'linear','in':'h','out':'v','weight':'v%d','width':%d},"
    "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'l%d','layer':%d},"
    "{'op':'linear','in':'a','out':'h','weight':'o%d','width':24},{'op':'add','in':'x','with':'h','out':'x'},";

static void folder_open(void)
{
    static float data[1 << 15];
    char header[4096] = "{";
    struct random random = random_start(3);
    size_t floats = 0;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        const struct weight *w = &weights[i];
        const size_t count = (size_t)w->rows * (size_t)(w->columns == 0 ? 1 : w->columns);
        char *end = header + strlen(header);
        end += sprintf(end, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d", i == 0 ? "" : ",", w->name, w->rows);
        end += w->columns > 0 ? sprintf(end, ",%d", w->columns) : 0;
        sprintf(end, "],\"data_offsets\":[%zu,%zu]}", floats * 4, (floats + count) * 4);
        for (size_t j = 0; j < count; j++)
            data[floats++] = w->columns == 0 ? 1.0f : 0.6f * random_normal(&random);
    }
    strcat(header, "}");
    scratch_open(&scratch);
    scratch_write_tensors(&scratch, "model.safetensors", header, data, floats * sizeof *data);
}

/* A kernel's line with its quotes escaped. */
static char *line_put(char *to, const struct attn_attention *attention)
{
    for (const char *from = attention->definition; *from != '\0'; *to++ = *from++)
        if (*from == '"')
            *to++ = '\\';
    return to;
}

static struct attn_model *model_open(const struct attn_attention *near, const struct attn_attention *far)
{
    static char text[8192];
    char *end = text + sprintf(text, "{'name':'serving','context':%d,'vocab':%d,'output':'y','causal':true,'prefixes':[''],"
                               "'bos':[1],'eos':[2],'attentions':{'l0':'", CONTEXT, VOCAB);
    end = line_put(end, near);
    end = line_put(end + sprintf(end, "','l1':'"), far);
    end += sprintf(end, "'},'steps':[{'op':'embed','out':'x','weight':'embed','rows':%d,'width':%d},", VOCAB, WIDTH);
    end += sprintf(end, layer_steps, 0, 64, 0, 32, 0, 32, 0, 0, 0);
    end += sprintf(end, layer_steps, 1, 32, 1, 8, 1, 8, 1, 1, 1);
    sprintf(end, "{'op':'last','in':'x','out':'x'},{'op':'linear','in':'x','out':'y','weight':'embed','width':%d}]}", VOCAB);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    scratch.count = 1;
    const struct attn_model_options options = {
        .folder = scratch.folder, .description_file = scratch_write_text(&scratch, "d.json", text),
        .kernels = &serving_kernels, .threads = 2,
    };
    struct attn_model *model = attn_model_open(&options, error, sizeof error);
    if (model == NULL) {
        printf("%s\n", error);
        exit(1);
    }
    return model;
}

static struct attn_session *session_open(struct attn_model *model, struct attn_session_options options)
{
    options.capacity = CONTEXT;
    struct attn_session *session = attn_session_create(model, &options, error, sizeof error);
    if (session == NULL) {
        printf("%s\n", error);
        exit(1);
    }
    return session;
}

/* Every step again ------------------------------------------------------------------------------- */

/* Caches in one piece, of every sequence and layer. */
struct alone { void *caches[SEQUENCES][LAYERS]; int64_t compared; };

static const struct attn_attention *flat_kernel(int64_t layer)
{
    return layer == 0 ? serving_near_flat() : serving_far_flat();
}

static void *aligned_memory(size_t bytes)
{
    void *memory = aligned_alloc(ATTN_ALIGNMENT, (bytes / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT);
    if (memory == NULL)
        abort();
    return memory;
}

static void phase_run(const struct attn_phase *phase, struct attn_args *args)
{
    void *scratch_memory = aligned_memory(phase->scratch_bytes);
    args->workspace = aligned_memory(phase->workspace_bytes(args));
    for (int pass = 0; pass < phase->passes; pass++)
        for (int64_t task = 0; task < phase->tasks(args, pass); task++)
            phase->run(args, pass, task, scratch_memory);
    free(args->workspace);
    free(scratch_memory);
}

static void sequence_compare(struct alone *alone, const struct attn_trace *trace, int32_t b)
{
    const struct attn_attention *kernel = flat_kernel(trace->layer);
    struct attn_sequence sequence = trace->args->sequence[b];
    struct attn_args args = *trace->args;
    const int64_t width = kernel->heads * kernel->d_v;
    sequence.capacity = CONTEXT;
    sequence.cache = alone->caches[b][trace->layer];
    args.sequence = &sequence;
    args.sequences = 1;
    float *o = aligned_memory((size_t)(trace->rows * width) * sizeof *o);
    const float *expected = trace->args->o;
    args.o = o;
    args.o_stride = width;
    phase_run(&kernel->write, &args);
    phase_run(sequence.q_len % 2 == 0 ? &kernel->prefill : &kernel->decode, &args);
    for (int32_t i = 0; i < sequence.q_len; i++) {
        const int64_t row = sequence.q_row + i;
        CHECK(memcmp(o + row * width, expected + row * trace->args->o_stride, (size_t)width * sizeof *o) == 0);
    }
    alone->compared += sequence.q_len;
    free(o);
}

static void step_compare(void *context, const struct attn_trace *trace)
{
    for (int32_t b = 0; b < trace->args->sequences && test_checks_failed == 0; b++)
        if (trace->args->sequence[b].q_len > 0)
            sequence_compare(context, trace, b);
}

static struct alone *alone_make(void)
{
    struct alone *alone = calloc(1, sizeof *alone);
    if (alone == NULL)
        abort();
    for (int b = 0; b < SEQUENCES; b++)
        for (int layer = 0; layer < LAYERS; layer++)
            alone->caches[b][layer] = aligned_memory(flat_kernel(layer)->cache_bytes(CONTEXT));
    return alone;
}

static void alone_free(struct alone *alone)
{
    for (int b = 0; b < SEQUENCES; b++)
        for (int layer = 0; layer < LAYERS; layer++)
            free(alone->caches[b][layer]);
    free(alone);
}

/* Logits of the last of these tokens, by a session that sees them for the first time. */
static void logits_alone(struct attn_model *model, const int32_t *tokens, int32_t count, float logits[VOCAB])
{
    struct attn_session *session = session_open(model, (struct attn_session_options){ .sequences = 1 });
    const struct attn_batch batch = { .tokens = tokens, .lengths = &count };
    int64_t rows;
    CHECK(attn_forward(session, &batch, error, sizeof error));
    memcpy(logits, attn_session_output(session, 0, &rows), VOCAB * sizeof *logits);
    attn_session_destroy(session);
}

static int32_t largest(const float *logits)
{
    int32_t best = 0;
    for (int32_t i = 1; i < VOCAB; i++)
        best = logits[i] > logits[best] ? i : best;
    return best;
}

/* The dense products are a BLAS's, whose sums depend on the batch. */
static void logits_compare(const float *found, const float *expected)
{
    float low = expected[0], high = expected[0];
    for (int i = 0; i < VOCAB; i++) {
        low = fminf(low, expected[i]);
        high = fmaxf(high, expected[i]);
    }
    for (int i = 0; i < VOCAB; i++)
        CHECK(fabsf(found[i] - expected[i]) <= 1e-5f * (high - low));
    CHECK(largest(found) == largest(expected));
}

/* Batches ---------------------------------------------------------------------------------------- */

struct speaker { int32_t tokens[CONTEXT]; int32_t count, fed; };

static void speaker_start(struct speaker *speaker, struct random *random)
{
    speaker->fed = 0;
    speaker->count = (int32_t)random_between(random, 1, PROMPT);
    for (int32_t i = 0; i < speaker->count; i++)
        speaker->tokens[i] = (int32_t)random_between(random, 0, VOCAB - 1);
}

/* A part of the prompt, the newest token, or nothing. */
static int32_t speaker_give(const struct speaker *speaker, int32_t *tokens, struct random *random)
{
    const int32_t rest = speaker->count - speaker->fed;
    const int32_t length = rest == 0 || random_between(random, 0, 4) == 0 ? 0 : (int32_t)random_between(random, 1, rest);
    memcpy(tokens, speaker->tokens + speaker->fed, (size_t)length * sizeof *tokens);
    return length;
}

/* What came out: the next token, and now and then the end of the sequence, which is compared with itself alone. */
static void speaker_take(struct speaker *speaker, struct attn_model *model, struct attn_session *session, int slot,
                         struct random *random)
{
    int64_t rows;
    float expected[VOCAB];
    const float *logits = attn_session_output(session, slot, &rows);
    if (speaker->fed < speaker->count || rows == 0)
        return;
    if (random_between(random, 0, 9) > 0 && speaker->count < CONTEXT) {
        speaker->tokens[speaker->count++] = largest(logits);
        return;
    }
    logits_alone(model, speaker->tokens, speaker->count, expected);
    logits_compare(logits, expected);
    CHECK(attn_session_truncate(session, slot, 0));
    speaker_start(speaker, random);
}

static void batches_run(struct attn_model *model, struct attn_session *session, struct random *random)
{
    static struct speaker speakers[SEQUENCES];
    static int32_t tokens[SEQUENCES * CONTEXT];
    int32_t lengths[SEQUENCES];
    for (int i = 0; i < SEQUENCES; i++)
        speaker_start(&speakers[i], random);
    for (int step = 0; step < STEPS && test_checks_failed == 0; step++) {
        const struct attn_batch batch = { .tokens = tokens, .lengths = lengths };
        int32_t rows = 0;
        for (int i = 0; i < SEQUENCES; i++) {
            lengths[i] = speaker_give(&speakers[i], tokens + rows, random);
            rows += lengths[i];
        }
        CHECK(attn_forward(session, &batch, error, sizeof error));
        for (int i = 0; i < SEQUENCES; i++) {
            speakers[i].fed += lengths[i];
            if (lengths[i] > 0)
                speaker_take(&speakers[i], model, session, i, random);
        }
    }
}

static void sequences_join_and_leave_over(const struct attn_attention *near, const struct attn_attention *far)
{
    struct random random = random_start(11);
    struct alone *alone = alone_make();
    struct attn_model *model = model_open(near, far);
    struct attn_session *session = session_open(model, (struct attn_session_options){
        .sequences = SEQUENCES, .chunk = PROMPT, .trace = step_compare, .trace_context = alone,
    });
    batches_run(model, session, &random);
    CHECK(alone->compared > 10000);
    attn_session_destroy(session);
    attn_model_close(model);
    alone_free(alone);
}

static void sequences_join_and_leave_in_pages(void)
{
    sequences_join_and_leave_over(serving_near_paged(), serving_far_paged());
}

static void sequences_join_and_leave_in_small_pages(void)
{
    sequences_join_and_leave_over(serving_near_small(), serving_far_small());
}

static void sequences_join_and_leave_in_a_ring(void)
{
    sequences_join_and_leave_over(serving_near_ring(), serving_far_flat());
}

/* Prompts that begin alike ------------------------------------------------------------------------ */

/* A beginning that others have too, then some tokens of its own. */
static int32_t dialogue_make(int32_t *tokens, struct random *random)
{
    const int32_t count = (int32_t)random_between(random, 2, 300), own = (int32_t)random_between(random, 0, 40);
    struct random shared = random_start((uint64_t)random_between(random, 0, 2));
    for (int32_t i = 0; i < count; i++) {
        const int32_t common = (int32_t)random_between(&shared, 0, VOCAB - 1);
        tokens[i] = i + own < count ? common : (int32_t)random_between(random, 0, VOCAB - 1);
    }
    return count;
}

/* Reads the tokens, recalled or not, and remembers them; how many were recalled. */
static int64_t dialogue_read(struct attn_model *model, struct attn_session *session, const int32_t *tokens, int32_t count)
{
    float expected[VOCAB];
    int64_t rows;
    const int64_t known = attn_session_recall(session, 0, tokens, count);
    const int32_t rest = count - (int32_t)known;
    const struct attn_batch batch = { .tokens = tokens + known, .lengths = &rest };
    CHECK(known >= 0 && known < count);
    CHECK(attn_forward(session, &batch, error, sizeof error));
    logits_alone(model, tokens, count, expected);
    logits_compare(attn_session_output(session, 0, &rows), expected);
    attn_session_remember(session, 0);
    CHECK(attn_session_truncate(session, 0, 0));
    return known;
}

static void prompts_that_begin_alike_are_recalled(void)
{
    static int32_t tokens[CONTEXT];
    struct random random = random_start(4);
    struct attn_model *model = model_open(serving_near_paged(), serving_far_paged());
    const int64_t budget = attn_cache_bytes(model, 1, 14 * PAGE_TOKENS);       /* so few that some are forgotten */
    struct attn_session *session = session_open(model, (struct attn_session_options){ .sequences = 1, .cache_bytes = budget });
    int64_t recalled = 0, given = 0;
    for (int i = 0; i < DIALOGUES && test_checks_failed == 0; i++) {
        const int32_t count = dialogue_make(tokens, &random);
        recalled += dialogue_read(model, session, tokens, count);
        given += count;
        CHECK(dialogue_read(model, session, tokens, count) == count - 1);
    }
    CHECK(recalled > given / 4 && recalled < given);
    attn_session_destroy(session);
    attn_model_close(model);
}

static void shared_note(void *context, const struct attn_trace *trace)
{
    for (int32_t b = 0; b < trace->args->sequences; b++)
        ((int32_t *)context)[b] = trace->args->sequence[b].shared;
}

/* Kernels are told of the pages that sequences have in common, of those that the step goes on with. */
static void sequences_that_begin_alike_share_pages(void)
{
    enum { COUNT = 150, WHOLE_PAGES = 128 };
    int32_t tokens[COUNT + 4], lengths[4] = { COUNT }, shared[4];
    struct attn_model *model = model_open(serving_near_paged(), serving_far_paged());
    struct attn_session *session = session_open(model, (struct attn_session_options){
        .sequences = 4, .trace = shared_note, .trace_context = shared,
    });
    struct attn_batch batch = { .tokens = tokens, .lengths = lengths };
    for (int i = 0; i < COUNT + 4; i++)
        tokens[i] = i % VOCAB;
    CHECK(attn_forward(session, &batch, error, sizeof error));
    attn_session_remember(session, 0);
    for (int b = 1; b < 4; b++)
        CHECK(attn_session_recall(session, b, tokens, COUNT) > WHOLE_PAGES);
    for (int b = 0; b < 4; b++)
        lengths[b] = b != 1;
    CHECK(attn_forward(session, &batch, error, sizeof error));
    CHECK(shared[0] == 0 && shared[2] == WHOLE_PAGES && shared[3] == WHOLE_PAGES);
    attn_session_destroy(session);
    attn_model_close(model);
}

static void what_is_saved_is_recalled_by_another_session(void)
{
    static int32_t tokens[CONTEXT];
    char path[512];
    struct random random = random_start(4);
    struct attn_model *model = model_open(serving_near_paged(), serving_far_paged());
    struct attn_session *first = session_open(model, (struct attn_session_options){ .sequences = 1 });
    struct attn_session *second = session_open(model, (struct attn_session_options){ .sequences = 1 });
    const int32_t count = dialogue_make(tokens, &random);
    snprintf(path, sizeof path, "%s/prompts", scratch.folder);
    CHECK(dialogue_read(model, first, tokens, count) == 0);
    CHECK(attn_session_save(first, path, error, sizeof error));
    CHECK(attn_session_load(second, path, error, sizeof error));
    CHECK(dialogue_read(model, second, tokens, count) == count - 1);
    CHECK(!attn_session_load(second, path, error, sizeof error) && strstr(error, "remembers prompts already") != NULL);
    attn_session_destroy(first);
    attn_session_destroy(second);
    attn_model_close(model);
    unlink(path);
}

/* What cannot be ---------------------------------------------------------------------------------- */

static void a_full_cache_is_refused_and_nothing_is_lost(void)
{
    static int32_t tokens[CONTEXT];
    const int32_t more[2] = { 3 * PAGE_TOKENS, 0 }, less[2] = { 2 * PAGE_TOKENS, 0 }, one[2] = { 1, 0 }, other[2] = { 0, 1 };
    struct attn_model *model = model_open(serving_near_paged(), serving_far_paged());
    struct attn_session *session = session_open(model, (struct attn_session_options){
        .sequences = 2, .cache_bytes = attn_cache_bytes(model, 1, 2 * PAGE_TOKENS)
    });
    CHECK(!attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = more }, error, sizeof error));
    CHECK_TEXT(error, "all 2 pages of the cache, of 64 tokens each, are in use");
    CHECK(attn_session_length(session, 0) == 0);
    CHECK(attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = less }, error, sizeof error));
    CHECK(!attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = one }, error, sizeof error));
    CHECK(!attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = other }, error, sizeof error));
    CHECK(attn_session_truncate(session, 0, PAGE_TOKENS));
    CHECK(attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = other }, error, sizeof error));
    attn_session_destroy(session);
    attn_model_close(model);
}

static const char *refusal(const struct attn_attention *near, const struct attn_attention *far, struct attn_session_options options)
{
    struct attn_model *model = model_open(near, far);
    options.capacity = CONTEXT;
    struct attn_session *session = attn_session_create(model, &options, error, sizeof error);
    CHECK(session == NULL);
    attn_session_destroy(session);
    attn_model_close(model);
    return error;
}

static void sessions_that_cannot_be_say_why(void)
{
    CHECK_TEXT(refusal(serving_near_paged(), serving_far_flat(), (struct attn_session_options){ .sequences = 1 }),
               "layer 1 has pages of 0 tokens, those before of 64; expected the same layout in all");
    CHECK_TEXT(refusal(serving_near_paged(), serving_far_paged(), (struct attn_session_options){ .sequences = 1, .cache_bytes = 99 }),
               "99 bytes of cache do not hold one page of 64 tokens");
    const int32_t length = 17;
    const int32_t tokens[17] = { 0 };
    struct attn_model *model = model_open(serving_near_ring(), serving_far_flat());
    struct attn_session *session = session_open(model, (struct attn_session_options){ .sequences = 1, .chunk = 16 });
    CHECK(!attn_forward(session, &(struct attn_batch){ .tokens = tokens, .lengths = &length }, error, sizeof error));
    CHECK_TEXT(error, "sequence 0 was given 17 tokens; the session takes 16 at a time");
    CHECK(!attn_session_save(session, "/nowhere", error, sizeof error));
    CHECK(strstr(error, "prompts are remembered in pages") != NULL);
    attn_session_destroy(session);
    attn_model_close(model);
}

int main(void)
{
    folder_open();
    RUN(sequences_join_and_leave_in_pages);
    RUN(sequences_join_and_leave_in_small_pages);
    RUN(sequences_join_and_leave_in_a_ring);
    RUN(prompts_that_begin_alike_are_recalled);
    RUN(sequences_that_begin_alike_share_pages);
    RUN(what_is_saved_is_recalled_by_another_session);
    RUN(a_full_cache_is_refused_and_nothing_is_lost);
    RUN(sessions_that_cannot_be_say_why);
    scratch_close(&scratch);
    return test_end();
}
