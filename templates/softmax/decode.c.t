% local width = VALUE_VECTORS * LANES
% local full = V_ROW // width * width
% local panel_vectors, partial_vectors = PANEL // LANES, PARTIALS // LANES
% -- heads at once: batches of DECODE_HEADS (a group has at least so many), then the rest of the group
% local whole = GROUP // DECODE_HEADS * DECODE_HEADS
% local batches = { { name = "", heads = DECODE_HEADS, start = 0, stop = whole } }
% if whole < GROUP then
%     batches[2] = { name = "_rest", heads = GROUP - whole, start = whole, stop = GROUP }
% end
% -- columns of o at once: whole register tiles, then the rest of the row
% local shapes = {}
% if full > 0 then shapes[1] = { name = "", vectors = VALUE_VECTORS } end
% if full < V_ROW then shapes[#shapes + 1] = { name = "_columns", vectors = (V_ROW - full) // LANES } end
/*
** Decode, $TARGET: one query of the $GROUP heads that share a KV head walks one segment of the
** keys. Scores have lanes = keys, o has lanes = d_v; each K and V is read once for the group.
*/
struct decode_scratch$F {
    float q[GROUP$D][D_K$D];             /* rotated, times SCALE */
    float s[GROUP$D][TILE$F];           /* scores of a tile, then weights p */
    float o[GROUP$D][V_ROW$D];
    float m[GROUP$D], l[GROUP$D];
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial$F {
    float o[V_ROW$D];
    float m, l;
};

% -- what comes next in the cache is asked for meanwhile: lines (of 16 floats) in each step of a loop
% local score_keys = DECODE_VECTORS * LANES
% local score_lines = FETCH * (score_keys * V_ROW + 16 * D_K - 1) // (16 * D_K)
% local columns = (V_ROW + width - 1) // width
% local value_lines = FETCH * (D_K + 16 * columns - 1) // (16 * columns)
% local fetches = FETCH > 0
% local next_score = fetches and ", next += " .. score_lines * 16 or ""
% local next_value = fetches and ", next += " .. value_lines * 16 or ""
% for _, batch in ipairs(batches) do
/*
** s = q k for the keys of a tile, $(batch.heads) heads x $(score_keys) keys at once: one FMA chain over d for each.
% if fetches then
** Meanwhile the tile's V is fetched.
% end
*/
$FN void decode_scores$(batch.name)$F(const float *restrict k, const float *v,
    float (*restrict q)[D_K$D], float (*restrict s)[TILE$F])
{
% if not fetches then
    (void)v;
% end
    for (int key = 0; key < TILE$F; key += $score_keys) {
        const float *restrict panel = k + key / PANEL$D * (PANEL$D * D_K$D) + key % PANEL$D;
% for h = 0, batch.heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vec$T s$(h)_$j = vzero$T();
% end
% end
% if fetches then
        const float *next = v + key / $score_keys * $(D_K * score_lines * 16);
% end
        for (int d = 0; d < D_K$D; d++$next_score) {
% for line = 0, score_lines - 1 do
            ATTN_FETCH(next + $(line * 16));
% end
% for j = 0, DECODE_VECTORS - 1 do
            const vec$T k$j = vload$T(&panel[d * PANEL$D + $(j // panel_vectors * PANEL * D_K + j % panel_vectors * LANES)]);
% end
% for h = 0, batch.heads - 1 do
            const vec$T q$h = vset$T(q[$h][d]);
% for j = 0, DECODE_VECTORS - 1 do
            s$(h)_$j = vfma$T(q$h, k$j, s$(h)_$j);
% end
% end
        }
% for h = 0, batch.heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vstore$T(&s[$h][key + $(j * LANES)], s$(h)_$j);
% end
% end
    }
}

% for _, shape in ipairs(shapes) do
/*
** o += p v over the tile's first `keys` keys, $(batch.heads) heads x $(shape.vectors * LANES) columns: one FMA chain over the
** keys for each.
% if fetches then
** Meanwhile what follows the tile's V is fetched.
% end
*/
$FN void decode_values$(batch.name)$(shape.name)$F(const float *restrict v, int32_t keys, int column,
    float (*restrict p)[TILE$F], float (*restrict o)[V_ROW$D])
{
% for h = 0, batch.heads - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(h)_$j = vload$T(&o[$h][column + $(j * LANES)]);
% end
% end
% if fetches then
    const float *next = v + TILE$F * V_ROW$D + column / $width * $(TILE * value_lines * 16);
% end
    for (int32_t key = 0; key < keys; key++$next_value) {
% for line = 0, value_lines - 1 do
        ATTN_FETCH(next + $(line * 16));
% end
% for j = 0, shape.vectors - 1 do
        const vec$T v$j = vload$T(&v[key * V_ROW$D + column + $(j * LANES)]);
% end
% for h = 0, batch.heads - 1 do
        const vec$T p$h = vset$T(p[$h][key]);
% for j = 0, shape.vectors - 1 do
        o$(h)_$j = vfma$T(p$h, v$j, o$(h)_$j);
% end
% end
    }
% for h = 0, batch.heads - 1 do
% for j = 0, shape.vectors - 1 do
    vstore$T(&o[$h][column + $(j * LANES)], o$(h)_$j);
% end
% end
}

% end
% end
% if HAS_SCORE then
/* What becomes of s = scale q k for the query at `place`. */
$FN void decode_score$F(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE$F; key += $LANES)
        vstore$T(s + key, score_keys$F(vload$T(s + key), place, iramp$T(key0 + key), view));
}

% end
/* Hides what the query at `place` does not see. */
$FN void decode_mask$F(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE$F; key += $LANES) {
        const mask$T sees = sees_keys$F(place, iramp$T(key0 + key), view);
        vstore$T(s + key, vselect$T(sees, vload$T(s + key), vset$T(ATTN_HIDDEN)));
    }
}

/* s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill. */
$FN void decode_softmax$F(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o)
{
% if NORMALIZE == "softmax" then
    vec$T top = vload$T(s);
    for (int key = $LANES; key < TILE$F; key += $LANES)
        top = vmax$T(top, vload$T(s + key));
    const float tile_max = vlargest$T(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec$T alpha = vexp2_exact$T(vset$T(*m - tile_max));
        *l = vfirst$T(vmul$T(vset$T(*l), alpha));
        for (int d = 0; d < V_ROW$D; d += $LANES)
            vstore$T(o + d, vmul$T(vload$T(o + d), alpha));
        *m = tile_max;
    }
% else
    (void)o;
% end
    const vec$T base = vset$T(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
% for j = 0, partial_vectors - 1 do
    vec$T sum$j = vzero$T();
% end
    for (int key = 0; key < TILE$F; key += PARTIALS$F) {
% for j = 0, partial_vectors - 1 do
        const vec$T s$j = vload$T(s + key + $(j * LANES));
        const mask$T seen$j = vgreater$T(s$j, vset$T(ATTN_HIDDEN));
        const vec$T p$j = vselect$T(seen$j, weight$F(s$j, base), vzero$T());
        vstore$T(s + key + $(j * LANES), p$j);
        sum$j = vadd$T(sum$j, p$j);
% end
    }
% local half = partial_vectors // 2
% while half > 0 do
% for j = 0, half - 1 do
    sum$j = vadd$T(sum$j, sum$(j + half));
% end
% half = half // 2
% end
    *l += vsum$T(sum0);
}

/* One tile of keys, from key0 on, for the query at `place`; view->h is the group's first head. */
$FN void decode_tile$F(int32_t place, const struct attn_view *view, int32_t key0, float *stored,
    struct decode_scratch$F *t)
{
    const int32_t left = view->kv_len - key0, keys = left < TILE$F ? left : TILE$F;
    const float *k = panel_of$D(stored, key0), *v = values_of$D(stored, key0);
% for _, batch in ipairs(batches) do
    for (int h = $(batch.start); h < $(batch.stop); h += $(batch.heads))
        decode_scores$(batch.name)$F(k, v, &t->q[h], &t->s[h]);
% end
    for (int h = 0; h < GROUP$D; h++) {
        struct attn_view head = *view;
        head.h += h;
% if HAS_SCORE then
        decode_score$F(t->s[h], key0, place, &head);
% end
        if (keys < TILE$F || sight$D(place, place, key0, key0 + keys - 1, &head) != SEES_ALL)
            decode_mask$F(t->s[h], key0, place, &head);
        decode_softmax$F(t->s[h], &t->m[h], &t->l[h], t->o[h]);
    }
% for _, batch in ipairs(batches) do
    for (int h = $(batch.start); h < $(batch.stop); h += $(batch.heads)) {
% if full > 0 then
        for (int column = 0; column < $full; column += $width)
            decode_values$(batch.name)$F(v, keys, column, &t->s[h], &t->o[h]);
% end
% if full < V_ROW then
        decode_values$(batch.name)_columns$F(v, keys, $full, &t->s[h], &t->o[h]);
% end
    }
% end
}

/* The keys that some head of the group may see, within first .. last. */
static void decode_keys$F(int32_t place, const struct attn_view *view, int32_t *first, int32_t *last)
{
% if MASK_USES_H then
    int32_t lowest = *last + 1, highest = -1;
    for (int h = 0; h < GROUP$D; h++) {
        struct attn_view head = *view;
        head.h += h;
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
    for (int h = 0; h < GROUP$D; h++) {
        query_row$D(args, row, view->h + h, t->q[h]);
        t->m[h] = $(NORMALIZE == "softmax" and "ATTN_HIDDEN" or "0.0f");
        t->l[h] = 0.0f;
    }
    memset(t->o, 0, sizeof t->o);
    while (first <= last) {
        const int32_t key0 = first - first % TILE$F;
        decode_tile$F(place, view, key0,
                      cache_block$D(sequence, view->h / GROUP$D, key0 / BLOCK$D), t);
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
    const struct attn_view view = attn_view_of(args, place->b, place->kv_head * GROUP$D);
    const int32_t start = place->segment * SEGMENT$F, left = view.kv_len - start;
    for (int32_t query = 0; query < sequence->q_len; query++) {
        int32_t first = start, last = start + (left < SEGMENT$F ? left : SEGMENT$F) - 1;
        const int32_t q = sequence->q_offset + query;
        decode_keys$F(q, &view, &first, &last);
        decode_segment$F(args, sequence->q_row + query, q, &view, first, last, t);
        for (int h = 0; h < GROUP$D; h++) {
            struct decode_partial$F *partial = decode_partial_of$F(place, query, view.h + h);
            partial += place->segment;
            partial->m = t->m[h];
            partial->l = t->l[h];
            memcpy(partial->o, t->o[h], sizeof partial->o);
        }
    }
}

/* Pass 1: the segments of each query and head, merged from left to right. */
$FN void decode_run_merge$F(const struct attn_args *args, const struct decode_place$F *place,
    struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[place->b];
    const int32_t head0 = place->kv_head * GROUP$D;
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < head0 + GROUP$D; h++) {
            const struct decode_partial$F *part = decode_partial_of$F(place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < place->segments; i++)
                merge$F(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], t->o[0]);
            finish$F(args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], t->o[0]);
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

