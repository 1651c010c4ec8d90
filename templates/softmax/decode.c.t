% local function first(kv_head) return PRUNED and "group" .. D .. "[" .. kv_head .. "]" or kv_head .. " * GROUP" .. D end
% local function heads(first) return PRUNED and "heads_of_group" .. D .. "(" .. first .. ")" or "GROUP" .. D end
/*
** The sequences of a call that go by rows. Pass 0 has a task for each sequence, KV head and segment; pass 1, which
** merges, one for each sequence and KV head. A segment that sequences share is a task of the first of them alone, for
** the rows of all.
*/
struct decode_call$F {
    const struct attn_args *args;
    int all;                               /* or those that prefill does not take in blocks */
    struct decode_partial$F *partials;     /* for each sequence that takes part (q_len, heads, segments) */
};

/* Whether prefill takes a sequence by rows: few queries beside many keys, where a block would leave lanes empty. */
static int prefill_by_rows$F(const struct attn_sequence *sequence)
{
    return sequence->q_len <= APPEND$F && sequence->q_len <= sequence->kv_len / APPEND_KEYS$F;
}

static int decode_takes$F(const struct decode_call$F *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return sequence->q_len > 0 && (call->all || prefill_by_rows$F(sequence));
}

static int32_t decode_segments$F(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT$F - 1) / SEGMENT$F;
}

static size_t decode_partials$F(const struct decode_call$F *call, int32_t b)
{
    const struct attn_sequence *sequence = &call->args->sequence[b];
    return decode_takes$F(call, b) ? (size_t)sequence->q_len * HEADS$D * (size_t)decode_segments$F(sequence) : 0;
}

static size_t decode_bytes$F(const struct decode_call$F *call)
{
    size_t partials = 0;
    for (int32_t b = 0; b < call->args->sequences; b++)
        partials += decode_partials$F(call, b);
    return partials * sizeof(struct decode_partial$F);
}

/* Where a task works: a sequence from one of its queries on, one KV head, one segment, and where the sequence's partials begin. */
struct decode_place$F {
    int32_t b, query, kv_head, segment;
    size_t partials;
};

/*
** Moves on to the next sequence that takes part; *own becomes the first segment of which it shares less than the whole
** with the one before.
*/
static int decode_next$F(const struct decode_call$F *call, struct decode_place$F *place, int32_t *own)
{
    int32_t shared = place->b < 0 ? 0 : ATTN_MAX_KEYS;
    if (place->b >= 0)
        place->partials += decode_partials$F(call, place->b);
    while (++place->b < call->args->sequences) {
        const struct attn_sequence *sequence = &call->args->sequence[place->b];
        if (sequence->q_len > 0 && sequence->shared < shared)
            shared = sequence->shared;
        if (decode_takes$F(call, place->b)) {
            *own = shared / SEGMENT$F;
            return 1;
        }
    }
    return 0;
}

/* The tasks of the sequence at `place`. */
static int64_t decode_tasks_at$F(const struct decode_call$F *call, const struct decode_place$F *place, int pass, int32_t own)
{
    const int32_t segments = decode_segments$F(&call->args->sequence[place->b]);
    return (pass == 0 ? (int64_t)(segments - own) : 1) * KV_HEADS$D;
}

static int64_t decode_tasks_of$F(const struct decode_call$F *call, int pass)
{
    struct decode_place$F place = { -1, 0, 0, 0, 0 };
    int64_t tasks = 0;
    int32_t own;
    while (decode_next$F(call, &place, &own))
        tasks += decode_tasks_at$F(call, &place, pass, own);
    return tasks;
}

static struct decode_place$F decode_place_find$F(const struct decode_call$F *call, int pass, int64_t task)
{
    struct decode_place$F place = { -1, 0, 0, 0, 0 };
    int32_t own;
    while (decode_next$F(call, &place, &own)) {
        const int64_t tasks = decode_tasks_at$F(call, &place, pass, own);
        if (task < tasks) {
            const int64_t parts = tasks / KV_HEADS$D;
            place.kv_head = (int32_t)(task / parts);
            place.segment = own + (int32_t)(task % parts);
            break;
        }
        task -= tasks;
    }
    return place;
}

/* The partials of one query and head, by segment. */
static struct decode_partial$F *decode_partial_of$F(const struct decode_call$F *call, const struct decode_place$F *place,
                                                    int32_t query, int32_t head)
{
    const int32_t segments = decode_segments$F(&call->args->sequence[place->b]);
    return call->partials + place->partials + ((int64_t)query * HEADS$D + head) * segments;
}

/* The query at `place` as rows, one of each head. */
static void decode_add$F(const struct decode_call$F *call, const struct decode_place$F *place, struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = $(first("place->kv_head")), end = head0 + $(heads("head0"));
    for (int32_t h = head0; h < end; h++) {
        struct decode_row$F *row = &t->row[t->rows++];
        row->view = attn_view_of(call->args, place->b, $(PRUNED and "head" .. D .. "[h]" or "h"));
        row->q_row = sequence->q_row + place->query;
        row->place = sequence->q_offset + place->query;
        row->head = h;
        row->partial = decode_partial_of$F(call, place, place->query, h) + place->segment;
    }
    t->queries++;
}

/*
** Takes queries from `place` on, of all sequences that share its segment, until they are as many as walk together; false
** when none is left behind them.
*/
static int decode_gather$F(const struct decode_call$F *call, struct decode_place$F *place, struct decode_scratch$F *t)
{
    t->rows = t->queries = 0;
    for (;;) {
        const int32_t queries = call->args->sequence[place->b].q_len;
        for (; place->query < queries; place->query++) {
            if (t->rows + GROUP$D > ROWS$F)
                return 1;
            decode_add$F(call, place, t);
        }
        int32_t own;
        if (!decode_next$F(call, place, &own) || own <= place->segment)
            return 0;
        place->query = 0;
    }
}

/* Pass 0: one segment, for the rows of all that share it, into their partials. */
$FN void decode_run_segment$F(const struct decode_call$F *call, struct decode_place$F *place, struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t first = place->segment * SEGMENT$F, left = sequence->kv_len - first;
    for (int more = 1; more;) {
        more = decode_gather$F(call, place, t);
        decode_walk$F(call->args, sequence, place->kv_head, first, first + (left < SEGMENT$F ? left : SEGMENT$F) - 1, t);
    }
}

% local total = V_IN_K and "t->turned[0]" or "t->o[0]"
/* Pass 1: the segments of each query and head, merged from left to right. */
$FN void decode_run_merge$F(const struct decode_call$F *call, const struct decode_place$F *place, struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &call->args->sequence[place->b];
    const int32_t head0 = $(first("place->kv_head")), end = head0 + $(heads("head0")), segments = decode_segments$F(sequence);
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial$F *part = decode_partial_of$F(call, place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < segments; i++)
                merge$F(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], $total);
            finish$F(call->args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], $total);
        }
}

$FN void decode_run_of$F(const struct decode_call$F *call, int pass, int64_t task, void *scratch)
{
    struct decode_place$F place = decode_place_find$F(call, pass, task);
    if (pass == 0)
        decode_run_segment$F(call, &place, scratch);
    else
        decode_run_merge$F(call, &place, scratch);
}

/* The phase decode: all sequences, whatever their queries. */
static struct decode_call$F decode_call_of$F(const struct attn_args *args)
{
    const struct decode_call$F call = { args, 1, args->workspace };
    return call;
}

static int64_t decode_tasks$F(const struct attn_args *args, int pass)
{
    const struct decode_call$F call = decode_call_of$F(args);
    return decode_tasks_of$F(&call, pass);
}

static size_t decode_workspace_bytes$F(const struct attn_args *args)
{
    const struct decode_call$F call = decode_call_of$F(args);
    return decode_bytes$F(&call);
}

static void decode_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call$F call = decode_call_of$F(args);
    decode_run_of$F(&call, pass, task, scratch);
}

