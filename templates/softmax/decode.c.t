% local fetches = FETCH > 0
% local function first(kv_head) return PRUNED and "group" .. D .. "[" .. kv_head .. "]" or kv_head .. " * GROUP" .. D end
% local function heads(first) return PRUNED and "heads_of_group" .. D .. "(" .. first .. ")" or "GROUP" .. D end
% local function number(head) return PRUNED and "head" .. D .. "[" .. head .. "]" or head end
/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial$F {
    float o[V_ROW$D];
    float m, l;
};

/* The keys that some head of the group may see, within first .. last. */
static void decode_keys$F(int32_t place, const struct attn_view *view, int32_t *first, int32_t *last)
{
% if MASK_USES_H then
    int32_t lowest = *last + 1, highest = -1;
    for (int h = 0; h < $(heads("view->h")); h++) {
        struct attn_view head = *view;
        head.h = $(number("view->h + h"));
        int32_t from = *first, to = *last;
        visible_keys$D(place, place, &head, &from, &to);
        if (from > to)
            continue;
        lowest = from < lowest ? from : lowest;
        highest = to > highest ? to : highest;
    }
    *first = lowest;
    *last = highest;
% else
    visible_keys$D(place, place, view, first, last);
% end
}

/* Keys first .. last of one segment, from an empty state, for query `row` at `place`. */
$FN void decode_segment$F(const struct attn_args *args, int64_t row, int32_t place,
    const struct attn_view *view, int32_t first, int32_t last, struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[view->b];
    for (int h = 0; h < $(heads("view->h")); h++) {
        query_row$D(args, row, view->h + h, t->q[h]);
        for (int d = D_K$D; d < DECODE_Q$F; d++)
            t->q[h][d] = 0.0f;
        t->m[h] = $(NORMALIZE == "softmax" and "ATTN_HIDDEN" or "0.0f");
        t->l[h] = 0.0f;
    }
    memset(t->o, 0, sizeof t->o);
% if V_IN_K and HEAD_ROW > GROUP then
    memset(t->s, 0, sizeof t->s);      /* lanes without a head add nothing */
% end
    while (first <= last) {
        const int32_t key0 = first - first % TILE$F;
% if fetches then
        const int32_t next = key0 - key0 % BLOCK$D + BLOCK$D;
        const struct block$D *after = tile_block$D(sequence, kv_of$D(view->h), next < view->kv_len ? next : key0);
% end
        decode_tile$F(place, view, key0, tile_block$D(sequence, kv_of$D(view->h), key0$(GATHERS and ", TILE" .. F .. ", &t->gathered" or ""))$(fetches and ", after" or ""), t);
        first = key0 + TILE$F;
% if MASK_GAPS then
        decode_keys$F(place, view, &first, &last);
% end
    }
}

static int32_t decode_segments$F(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT$F - 1) / SEGMENT$F;
}

/*
** Pass 0 has a task for each sequence, KV head and segment; pass 1, which merges, one for
** each sequence and KV head.
*/
static int64_t decode_tasks$F(const struct attn_args *args, int pass)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++) {
        const struct attn_sequence *sequence = &args->sequence[b];
        if (sequence->q_len > 0)
            tasks += (pass == 0 ? (int64_t)decode_segments$F(sequence) : 1) * KV_HEADS$D;
    }
    return tasks;
}

/* Partials of a sequence: (q_len, heads, segments). */
static size_t decode_partials$F(const struct attn_sequence *sequence)
{
    return (size_t)sequence->q_len * HEADS$D * (size_t)decode_segments$F(sequence);
}

static size_t decode_workspace_bytes$F(const struct attn_args *args)
{
    size_t partials = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        partials += decode_partials$F(&args->sequence[b]);
    return partials * sizeof(struct decode_partial$F);
}

/* Where a task works: a sequence, one KV head, one segment, and the sequence's partials. */
struct decode_place$F {
    int32_t b, kv_head, segment, segments;
    struct decode_partial$F *partials;
};

static struct decode_place$F decode_place_find$F(const struct attn_args *args, int pass,
                                                 int64_t task)
{
    struct decode_place$F place = { 0, 0, 0, 0, args->workspace };
    for (;; place.b++) {
        const struct attn_sequence *sequence = &args->sequence[place.b];
        place.segments = decode_segments$F(sequence);
        const int64_t parts = pass == 0 ? place.segments : 1;
        const int64_t tasks = sequence->q_len > 0 ? parts * KV_HEADS$D : 0;
        if (task < tasks) {
            place.kv_head = (int32_t)(task / parts);
            place.segment = (int32_t)(task % parts);
            return place;
        }
        task -= tasks;
        place.partials += decode_partials$F(sequence);
    }
}

/* The partials of one query and head, by segment. */
static struct decode_partial$F *decode_partial_of$F(const struct decode_place$F *place,
                                                    int32_t query, int32_t head)
{
    return &place->partials[((int64_t)query * HEADS$D + head) * place->segments];
}

/* Pass 0: one segment, for each query of the sequence, into its partials. */
$FN void decode_run_segment$F(const struct attn_args *args, const struct decode_place$F *place,
    struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[place->b];
    const struct attn_view view = attn_view_of(args, place->b, $(first("place->kv_head")));
    const int32_t start = place->segment * SEGMENT$F, left = view.kv_len - start;
    for (int32_t query = 0; query < sequence->q_len; query++) {
        int32_t first = start, last = start + (left < SEGMENT$F ? left : SEGMENT$F) - 1;
        const int32_t q = sequence->q_offset + query;
        decode_keys$F(q, &view, &first, &last);
        decode_segment$F(args, sequence->q_row + query, q, &view, first, last, t);
        for (int h = 0; h < $(heads("view.h")); h++) {
            struct decode_partial$F *partial = decode_partial_of$F(place, query, view.h + h);
            partial += place->segment;
            partial->m = t->m[h];
            partial->l = t->l[h];
            memcpy(partial->o, $(V_IN_K and "decode_row" .. F .. "(t->o, h, t->row)" or "t->o[h]"), sizeof partial->o);
        }
    }
}

% local total = V_IN_K and "t->row[0]" or "t->o[0]"
/* Pass 1: the segments of each query and head, merged from left to right. */
$FN void decode_run_merge$F(const struct attn_args *args, const struct decode_place$F *place,
    struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[place->b];
    const int32_t head0 = $(first("place->kv_head")), end = head0 + $(heads("head0"));
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial$F *part = decode_partial_of$F(place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < place->segments; i++)
                merge$F(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], $total);
            finish$F(args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], $total);
        }
}

$FN void decode_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_place$F place = decode_place_find$F(args, pass, task);
    if (pass == 0)
        decode_run_segment$F(args, &place, scratch);
    else
        decode_run_merge$F(args, &place, scratch);
}

