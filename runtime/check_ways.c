/*
** One numeric order: however a problem is cut into calls, chunks, tasks and batches,
** a query's result has the same bits.
*/
#include "check.h"

/* What of each sequence is done. */
struct progress { int32_t queries[TRIAL_SEQUENCES], keys[TRIAL_SEQUENCES]; };

/* The whole trial as one prefill. */
static void way_once(struct run *run)
{
    run_write(run);
    run_phase(run, &run->attention->prefill, run->sequence, run->trial->sequences);
}

static void way_shuffled(struct run *run)
{
    run->shuffled = true;
    way_once(run);
}

static void way_without_lse(struct run *run)
{
    run->without_lse = true;
    way_once(run);
}

static void way_decode(struct run *run)
{
    run->shuffled = true;
    run_write(run);
    run_phase(run, &run->attention->decode, run->sequence, run->trial->sequences);
}

static void way_alone(struct run *run)
{
    run_write(run);
    for (int32_t b = 0; b < run->trial->sequences; b++)
        run_phase(run, &run->attention->prefill, &run->sequence[b], 1);
}

static const struct attn_phase *random_phase(const struct run *run)
{
    return random_between(run->random, 0, 1) == 0 ? &run->attention->prefill : &run->attention->decode;
}

/* A random part, possibly nothing, of what is left. */
static int32_t random_part(const struct run *run, int32_t left)
{
    return (int32_t)random_between(run->random, 0, left);
}

/* The same, of no more keys than the caches are made for. */
static int32_t random_chunk(const struct run *run, int32_t left)
{
    return random_part(run, left < run->chunk ? left : run->chunk);
}

/* All keys into the caches, in random pieces. */
static void write_pieces(struct run *run)
{
    struct attn_sequence piece[TRIAL_SEQUENCES];
    int32_t done[TRIAL_SEQUENCES] = { 0 };
    for (bool more = true; more;) {
        more = false;
        for (int32_t b = 0; b < run->trial->sequences; b++) {
            piece[b] = run->sequence[b];
            piece[b].k_row += done[b];
            piece[b].k_len = random_part(run, piece[b].kv_len - done[b]);
            done[b] += piece[b].k_len;
            more = more || done[b] < piece[b].kv_len;
            piece[b].kv_len = done[b];
        }
        run_phase(run, &run->attention->write, piece, run->trial->sequences);
    }
}

/* Takes the next `queries` queries of sequence b out of the whole. */
static void take_queries(struct attn_sequence *part, struct progress *progress, int32_t b, int32_t queries)
{
    part->q_row += progress->queries[b];
    part->q_offset += progress->queries[b];
    part->q_len = queries;
    progress->queries[b] += queries;
}

static bool queries_left(const struct run *run, const struct progress *progress)
{
    for (int32_t b = 0; b < run->trial->sequences; b++)
        if (progress->queries[b] < run->sequence[b].q_len)
            return true;
    return false;
}

static void way_query_chunks(struct run *run)
{
    struct progress progress = { { 0 }, { 0 } };
    write_pieces(run);
    while (queries_left(run, &progress)) {
        struct attn_sequence part[TRIAL_SEQUENCES];
        for (int32_t b = 0; b < run->trial->sequences; b++) {
            part[b] = run->sequence[b];
            take_queries(&part[b], &progress, b, random_part(run, part[b].q_len - progress.queries[b]));
        }
        run_phase(run, random_phase(run), part, run->trial->sequences);
    }
}

/* Keys that the cache must hold before the query at place - 1: not more than there are, and those written stay. */
static int32_t keys_before(const struct run *run, const struct progress *progress, int32_t b, int32_t place)
{
    const int32_t most = place < run->sequence[b].kv_len ? place : run->sequence[b].kv_len;
    return most > progress->keys[b] ? most : progress->keys[b];
}

/* The next `queries` queries with the keys up to them, written by the same step. */
static void grow(const struct run *run, struct attn_sequence *part, struct progress *progress, int32_t b,
                 int32_t queries)
{
    *part = run->sequence[b];
    take_queries(part, progress, b, queries);
    part->kv_len = keys_before(run, progress, b, part->q_offset + queries);
    part->k_row += progress->keys[b];
    part->k_len = part->kv_len - progress->keys[b];
    progress->keys[b] = part->kv_len;
}

/* The new keys of all parts, no more at a time than the caches are made for. */
static void write_parts(struct run *run, const struct attn_sequence *part)
{
    struct attn_sequence piece[TRIAL_SEQUENCES];
    int32_t left = 0;
    for (int32_t b = 0; b < run->trial->sequences; b++)
        left = part[b].k_len > left ? part[b].k_len : left;
    for (int32_t done = 0; done < left; done += run->chunk) {
        for (int32_t b = 0; b < run->trial->sequences; b++) {
            const int32_t rest = part[b].k_len - done;
            piece[b] = part[b];
            piece[b].k_row += done;
            piece[b].k_len = rest < 0 ? 0 : rest < run->chunk ? rest : run->chunk;
            piece[b].kv_len -= (rest < 0 ? 0 : rest) - piece[b].k_len;
        }
        run_phase(run, &run->attention->write, piece, run->trial->sequences);
    }
}

static void way_growing(struct run *run)
{
    struct progress progress = { { 0 }, { 0 } };
    run_use_small_ring(run);
    while (queries_left(run, &progress)) {
        struct attn_sequence part[TRIAL_SEQUENCES];
        for (int32_t b = 0; b < run->trial->sequences; b++)
            grow(run, &part[b], &progress, b, random_chunk(run, run->sequence[b].q_len - progress.queries[b]));
        write_parts(run, part);
        run_phase(run, random_phase(run), part, run->trial->sequences);
    }
}

static void way_one_by_one(struct run *run)
{
    struct progress progress = { { 0 }, { 0 } };
    run_use_small_ring(run);
    while (queries_left(run, &progress)) {
        struct attn_sequence part[TRIAL_SEQUENCES];
        for (int32_t b = 0; b < run->trial->sequences; b++)
            grow(run, &part[b], &progress, b, progress.queries[b] < run->sequence[b].q_len);
        write_parts(run, part);
        run_phase(run, &run->attention->decode, part, run->trial->sequences);
    }
}

/* The queries of each sequence as several sequences with one cache; `cut`: they end at their last query's key. */
static void share(struct run *run, bool cut)
{
    enum { PARTS = 3 };
    struct attn_sequence part[PARTS * TRIAL_SEQUENCES];
    struct progress progress = { { 0 }, { 0 } };
    run_write(run);
    for (int32_t i = 0; i < PARTS * run->trial->sequences; i++) {
        const int32_t b = i / PARTS, left = run->sequence[b].q_len - progress.queries[b];
        part[i] = run->sequence[b];
        take_queries(&part[i], &progress, b, i % PARTS == PARTS - 1 ? left : random_part(run, left));
        if (cut)
            part[i].kv_len = progress.keys[b] = keys_before(run, &progress, b, part[i].q_offset + part[i].q_len);
        if (i % PARTS > 0 && part[i - 1].q_len > 0)       /* or it goes without: the keys of those before may differ */
            part[i].shared = random_between(run->random, 0, 1) == 0 ? part[i - 1].kv_len : random_part(run, part[i - 1].kv_len);
    }
    run_phase(run, random_phase(run), part, PARTS * run->trial->sequences);
}

static void way_sharing(struct run *run)
{
    share(run, false);
}

static void way_sharing_beginnings(struct run *run)
{
    share(run, true);
}

static const struct way {
    const char *name;
    void (*run)(struct run *run);
    unsigned needs;                 /* traits */
} ways[] = {
    { "prefill, tasks in random order",        way_shuffled,     0 },
    { "prefill without lse",                   way_without_lse,  0 },
    { "decode of all queries at once",         way_decode,       0 },
    { "prefill of each sequence alone",        way_alone,        TRAIT_NO_B },
    { "queries in random chunks",              way_query_chunks, TRAIT_NO_Q_LEN },
    { "sequences that share all keys",         way_sharing,      TRAIT_NO_B | TRAIT_NO_Q_LEN },
    { "sequences that share their first keys", way_sharing_beginnings, TRAIT_NO_B | TRAIT_CAUSAL | TRAIT_NO_Q_LEN | TRAIT_NO_KV_LEN },
    { "random chunks after a growing cache",   way_growing,      TRAIT_CAUSAL | TRAIT_NO_Q_LEN | TRAIT_NO_KV_LEN },
    { "decode one by one",                     way_one_by_one,   TRAIT_CAUSAL | TRAIT_NO_Q_LEN | TRAIT_NO_KV_LEN },
};

static bool sees_later(const struct trial *trial, int32_t b, int head)
{
    const struct attn_sequence *sequence = &trial->sequence[b];
    for (int32_t i = 0; i < sequence->q_len; i++) {
        const int32_t place = sequence->q_offset + i;
        for (int32_t k = place < 0 ? 0 : place + 1; k < sequence->kv_len; k++)
            if (trial_sees(trial, b, i, k, head, 0))
                return true;
    }
    return false;
}

/* Whether the mask or the score asks for a variable. */
static bool uses(const struct trial *trial, enum expression_variable variable)
{
    return expression_uses(&trial->line->mask, variable) || expression_uses(&trial->line->score, variable);
}

unsigned check_traits(const struct trial *trial)
{
    const struct expression *mask = &trial->line->mask;
    const int heads = expression_uses(mask, EXPRESSION_H) ? trial->line->layer_heads : 1;
    bool later = false;
    for (int32_t b = 0; b < trial->sequences; b++)
        for (int head = 0; head < heads; head++)
            later = later || sees_later(trial, b, head);
    const bool mean = trial->line->hidden_row == 2;       /* of all keys, whatever the mask */
    return (later || mean ? 0 : TRAIT_CAUSAL) |
           (uses(trial, EXPRESSION_Q_LEN) ? 0 : TRAIT_NO_Q_LEN) |
           (uses(trial, EXPRESSION_KV_LEN) || mean ? 0 : TRAIT_NO_KV_LEN) |
           (uses(trial, EXPRESSION_B) ? 0 : TRAIT_NO_B);
}

/* Everything at once against the reference: the result that all ways must give. */
static bool check_once(struct check *check)
{
    static const char name[] = "prefill at once";
    struct run run;
    run_create(&run, check->trial, check->attention, check->random);
    way_once(&run);
    if (!cache_reads_back(&run))
        verdict_fail(check, "write, then read", "not the rows that were written");
    const bool near = verdict_take(check, name, &run, &check->whole) &&
                      verdict_near(check, name, &check->whole, &check->trial->expected);
    run_destroy(&run);
    return near;
}

/* Rows that are read and stored again: near what was written and, where nothing is scaled, the same result. */
static void check_copy(struct check *check)
{
    static const char name[] = "read, then store";
    struct run from, to;
    struct result found = result_create(check->trial);
    run_create(&from, check->trial, check->attention, check->random);
    run_create(&to, check->trial, check->attention, check->random);
    run_write(&from);
    cache_copy(&from, &to);
    run_phase(&to, &to.attention->prefill, to.sequence, to.trial->sequences);
    if (verdict_take(check, name, &to, &found) && cache_copies_exactly(check->trial->line))
        verdict_same(check, name, &found, &check->whole);
    run_destroy(&from);
    run_destroy(&to);
    result_destroy(&found);
}

/* Of all of a run's caches. */
static uint64_t caches_hash(const struct run *run)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int32_t b = 0; b < run->trial->sequences; b++)
        for (size_t i = 0; i < run->cache[b].bytes; i++)
            hash = (hash ^ run->cache[b].data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Calls without new keys over caches that others have filled, as of layers that share one: the same bits, and the caches stay. */
static void check_shared(struct check *check)
{
    static const char name[] = "no new keys, the caches of another call";
    struct run owner, reader;
    struct result found = result_create(check->trial);
    run_create(&owner, check->trial, check->attention, check->random);
    run_create(&reader, check->trial, check->attention, check->random);
    run_write(&owner);
    run_share(&reader, &owner);
    const uint64_t before = caches_hash(&owner);
    run_write(&reader);
    run_phase(&reader, random_phase(&reader), reader.sequence, reader.trial->sequences);
    if (caches_hash(&owner) != before)
        verdict_fail(check, name, "wrote into the caches");
    if (verdict_take(check, name, &reader, &found))
        verdict_same(check, name, &found, &check->whole);
    run_destroy(&owner);
    run_destroy(&reader);
    result_destroy(&found);
}

static void check_way(struct check *check, const struct way *way)
{
    struct run run;
    struct result found = result_create(check->trial);
    run_create(&run, check->trial, check->attention, check->random);
    way->run(&run);
    if (verdict_take(check, way->name, &run, &found)) {
        const struct result expected = { .o = check->whole.o, .lse = run.without_lse ? found.lse : check->whole.lse };
        verdict_same(check, way->name, &found, &expected);
    }
    run_destroy(&run);
    result_destroy(&found);
}

void check_ways(struct check *check)
{
    if (!check_once(check))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if ((check->traits & ways[i].needs) == ways[i].needs)
            check_way(check, &ways[i]);
    check_shared(check);
    check_copy(check);
}
