/*
** What a session remembers of its sequences beyond their end.
*/
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "session.h"

static bool pages_check(const struct attn_session *session, struct problem *problem)
{
    return session->pages.tokens > 0
        || problem_set(problem, "prompts are remembered in pages; expected kernels whose attention says layout = paged {}");
}

int64_t attn_session_recall(struct attn_session *session, int sequence, const int32_t *tokens, int64_t count)
{
    struct session_pages *own = &session->pages;
    if (own->tokens == 0 || session->lengths[sequence] > 0 || count < 2)
        return session->lengths[sequence];
    const int64_t most = count - 1 < session->options.capacity ? count - 1 : session->options.capacity;
    session_pages_cut(session, sequence, 0);
    const struct prefix_match match = prefix_tree_match(&own->tree, tokens, most, own->tables + sequence * own->table_pages);
    own->held[sequence] = match.page_count;
    memcpy(own->history + sequence * session->options.capacity, tokens, (size_t)match.tokens * sizeof *tokens);
    session->lengths[sequence] = match.tokens;
    return match.tokens;
}

void attn_session_remember(struct attn_session *session, int sequence)
{
    struct session_pages *own = &session->pages;
    if (own->tokens > 0)
        prefix_tree_insert(&own->tree, own->history + sequence * session->options.capacity, session->lengths[sequence],
                           own->tables + sequence * own->table_pages);
}

static void *page_at(void *context, int32_t layer, int32_t page)
{
    const struct cache *cache = context;
    return cache_at(cache, page, layer);
}

static uLong text_digest(uLong digest, const char *text)
{
    return crc32_z(digest, (const Bytef *)text, strlen(text) + 1);
}

/* Weights, definitions, targets and plans: keys and values of others are none of this model, or lie elsewhere in a page. */
static uint64_t digest_of(const struct attn_model *model)
{
    uLong weights = crc32_z(0, NULL, 0), definitions = weights;
    for (int i = 0; i < model->weights.file_count; i++)
        weights = crc32_z(weights, model->weights.files[i].mapping.bytes, model->weights.files[i].mapping.size);
    for (int64_t i = 0; i < model->layer_count; i++) {
        const struct attn_attention *kernel = model->attentions[model->layers[i].attention].kernel;
        definitions = text_digest(definitions, kernel->definition);
        definitions = text_digest(definitions, kernel->target);
        definitions = text_digest(definitions, kernel->write.plan);
        definitions = text_digest(definitions, kernel->prefill.plan);
        definitions = text_digest(definitions, kernel->decode.plan);
    }
    return (uint64_t)weights << 32 | (uint64_t)definitions;
}

static struct prefix_store store_of(struct attn_session *session)
{
    return (struct prefix_store){ (int32_t)session->cache.layers, session->cache.unit_bytes, page_at, &session->cache };
}

bool attn_session_save(struct attn_session *session, const char *path, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    const struct prefix_store store = store_of(session);
    return pages_check(session, &problem)
        && prefix_file_save(path, &session->pages.tree, &store, digest_of(session->model), &problem);
}

bool attn_session_load(struct attn_session *session, const char *path, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    const struct prefix_store store = store_of(session);
    if (!pages_check(session, &problem))
        return false;
    if (session->pages.tree.count > 0)
        return problem_set(&problem, "%s: the session remembers prompts already; expected a new one", path);
    return prefix_file_load(path, &session->pages.tree, &store, digest_of(session->model), session->model->info.vocab,
                            &problem);
}
