/*
** See session_pages.h. What a page holds of a sequence never changes while somebody else holds it
** too: a sequence that goes on within such a page gets a copy first.
*/
#include "session_pages.h"

#include <inttypes.h>
#include <string.h>

#include "session.h"

bool session_pages_find(const struct attn_model *model, int32_t *tokens, struct problem *problem)
{
    *tokens = 0;
    for (int64_t i = 0; i < model->layer_count && model->info.kernels; i++) {
        const int32_t own = model->attentions[model->layers[i].attention].kernel->page_tokens;
        if (i > 0 && own != *tokens)
            return problem_set(problem, "layer %" PRId64 " has pages of %" PRId32 " tokens, those before of %" PRId32
                               "; expected the same layout in all", i, own, *tokens);
        *tokens = own;
    }
    if (*tokens > 0 && (!model->info.causal || model->info.encoder_context > 0))
        return problem_set(problem, "%s reads whole sequences; expected no pages, which are for what grows", model->info.name);
    return true;
}

static int64_t pages_for(int64_t tokens, int32_t page_tokens)
{
    return (tokens + page_tokens - 1) / page_tokens;
}

int64_t session_pages_count(const struct attn_session *session, int32_t tokens, size_t page_bytes)
{
    const struct attn_session_options *options = &session->options;
    const int64_t needed = options->sequences * pages_for(options->capacity, tokens);
    const int64_t afforded = (int64_t)((uint64_t)options->cache_bytes / (page_bytes > 0 ? page_bytes : 1));
    const int64_t count = options->cache_bytes > 0 ? afforded : needed;
    return count < INT32_MAX ? count : INT32_MAX;
}

int64_t attn_cache_bytes(const struct attn_model *model, int sequences, int64_t capacity)
{
    int32_t tokens;
    int64_t bytes = 0;
    struct problem nobody = { NULL, 0 };
    if (!session_pages_find(model, &tokens, &nobody) || tokens == 0)
        return 0;
    for (int64_t i = 0; i < model->layer_count; i++)
        bytes += (int64_t)attention_cache_bytes(&model->attentions[model->layers[i].attention], false, tokens);
    return bytes * pages_for(capacity, tokens) * sequences;
}

bool session_pages_open(struct attn_session *session, int32_t tokens, int64_t count, struct problem *problem)
{
    struct session_pages *own = &session->pages;
    const size_t sequences = (size_t)session->options.sequences;
    own->tokens = tokens;
    own->table_pages = pages_for(session->options.capacity, tokens);
    if (count < 1)
        return problem_set(problem, "%" PRId64 " bytes of cache do not hold one page of %" PRId32 " tokens",
                           session->options.cache_bytes, tokens);
    own->tables = memory_take(&session->memory, sequences, (size_t)own->table_pages * sizeof *own->tables, problem);
    own->held = memory_take(&session->memory, sequences, sizeof *own->held, problem);
    own->history = memory_take(&session->memory, sequences, (size_t)session->options.capacity * sizeof *own->history,
                               problem);
    return own->tables != NULL && own->held != NULL && own->history != NULL
        && pages_create(&own->pages, (int32_t)count, &session->memory, problem)
        && prefix_tree_create(&own->tree, &own->pages, tokens, &session->memory, problem);
}

static int32_t *table_of(const struct attn_session *session, int sequence)
{
    return session->pages.tables + sequence * session->pages.table_pages;
}

const int32_t *session_pages_table(const struct attn_session *session, int sequence)
{
    return session->pages.tokens > 0 ? table_of(session, sequence) : NULL;
}

static int32_t page_take(struct attn_session *session, struct problem *problem)
{
    const int32_t page = prefix_tree_take(&session->pages.tree);
    if (page < 0)
        problem_set(problem, "all %" PRId32 " pages of the cache, of %" PRId32 " tokens each, are in use",
                    session->pages.pages.count, session->pages.tokens);
    return page;
}

/* The page in which the sequence goes on becomes its own. */
static bool page_own(struct attn_session *session, int sequence, int64_t index, struct problem *problem)
{
    int32_t *page = &table_of(session, sequence)[index];
    if (session->pages.pages.holders[*page] == 1)
        return true;
    const int32_t copy = page_take(session, problem);
    if (copy < 0)
        return false;
    for (int64_t layer = 0; layer < session->cache.layers; layer++)
        memcpy(cache_at(&session->cache, copy, layer), cache_at(&session->cache, *page, layer),
               session->cache.unit_bytes[layer]);
    pages_release(&session->pages.pages, *page);
    *page = copy;
    return true;
}

static bool sequence_reserve(struct attn_session *session, int sequence, struct problem *problem)
{
    struct session_pages *own = &session->pages;
    const int64_t length = session->sequences[sequence].kv_len;
    const int64_t before = length - session->sequences[sequence].k_len;
    if (length == before)
        return true;
    if (before % own->tokens != 0 && !page_own(session, sequence, before / own->tokens, problem))
        return false;
    while (own->held[sequence] < pages_for(length, own->tokens)) {
        const int32_t page = page_take(session, problem);
        if (page < 0)
            return false;
        table_of(session, sequence)[own->held[sequence]++] = page;
    }
    return true;
}

/* Keys of both sequences that lie in the same pages. */
static int32_t keys_shared(const struct attn_session *session, int sequence, int other)
{
    const int32_t *own = table_of(session, sequence), *pages = table_of(session, other);
    const int32_t own_keys = session->sequences[sequence].kv_len, keys = session->sequences[other].kv_len;
    const int32_t most = own_keys < keys ? own_keys : keys;
    int32_t shared = 0;
    while (shared < most && *own++ == *pages++)
        shared += session->pages.tokens;
    return shared < most ? shared : most;
}

/* What each sequence that has queries shares with the one before. */
static void sequences_share(struct attn_session *session)
{
    int before = -1;
    for (int i = 0; i < session->options.sequences; i++)
        if (session->sequences[i].q_len > 0) {
            session->sequences[i].shared = before < 0 ? 0 : keys_shared(session, i, before);
            before = i;
        }
}

bool session_pages_reserve(struct attn_session *session, struct problem *problem)
{
    for (int i = 0; i < session->options.sequences && session->pages.tokens > 0; i++)
        if (!sequence_reserve(session, i, problem))
            return false;
    if (session->pages.tokens > 0)
        sequences_share(session);
    return true;
}

void session_pages_note(struct attn_session *session)
{
    for (int i = 0; i < session->options.sequences && session->pages.tokens > 0; i++) {
        const struct attn_sequence *sequence = &session->sequences[i];
        memcpy(session->pages.history + i * session->options.capacity + sequence->kv_len - sequence->k_len,
               session->tokens + sequence->k_row, (size_t)sequence->k_len * sizeof *session->tokens);
    }
}

void session_pages_cut(struct attn_session *session, int sequence, int64_t length)
{
    struct session_pages *own = &session->pages;
    if (own->tokens == 0)
        return;
    while (own->held[sequence] > pages_for(length, own->tokens))
        pages_release(&own->pages, table_of(session, sequence)[--own->held[sequence]]);
}
