% local width = VALUE_VECTORS * LANES
% local full = V_ROW // width * width
% -- floats are read where they are cached, in strips of columns; other types are converted to rows
% local strip, strips_apart = V_ROW, 0
% if V_DIRECT then strip, strips_apart = V_STRIP, BLOCK // V_KEYS * V_STRIP end
% local column_place = strip == V_ROW and "column" or "column / " .. strip .. " * " .. strips_apart .. " + column % " .. strip
% -- register tiles of o: whole ones, and one for the columns that are left
% local shapes = {}
% if full > 0 then
%     shapes[1] = { name = "", vectors = VALUE_VECTORS, queries = VALUE_QUERIES, start = 0, stop = full }
% end
% if full < V_ROW then
%     shapes[#shapes + 1] = { name = "_rest", vectors = (V_ROW - full) // LANES, queries = REST_QUERIES,
%                             start = full, stop = V_ROW }
% end
% -- C of o += p v for one key, or a unit of V, of which the second value may be left out
% local function add_values(shape, half)
% for j = 0, shape.vectors - 1 do
% local load = V_LOAD .. T .. "(v + " .. j * LANES // strip * strips_apart + j * LANES % strip .. ")"
        const $V_PART$T v$j = $(half and "iand" .. T .. "(" .. load .. ", kept)" or load);
% end
% for i = 0, shape.queries - 1 do
        const $V_PART$T p$i = $P_SET$T(p[$i]);
% for j = 0, shape.vectors - 1 do
        o$(i)_$j = $V_PRODUCT$T($(V_KEYS > 1 and "v" .. j .. ", p" .. i or "p" .. i .. ", v" .. j), o$(i)_$j);
% end
% end
% end
% for _, shape in ipairs(shapes) do
/*
** o += p v over `keys` keys, for $(shape.queries) queries x $(shape.vectors * LANES) columns from `column` on: one FMA chain over
** the keys for each, from 0 in a segment's first tile. v and p start at the first key, p and o at the first query, v at
** the first column. Where there are results, o goes there, done.
*/
OP$T void prefill_values$(shape.name)$F(const $V_UNIT *restrict v, const float *restrict p, int32_t keys, int first,
    float (*restrict o)[V_ROW$D], int column, const struct prefill_results$F *results, int32_t query)
{
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(i)_$j = vzero$T();
% end
% end
    if (!first) {
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        o$(i)_$j = vload$T(&o[$i][column + $(j * LANES)]);
% end
% end
    }
% if V_KEYS == 1 then
    for (; keys > 0; keys--, v += $strip, p += QUERIES$F) {
% add_values(shape, false)
    }
% else
    for (; keys > 1; keys -= 2, v += $strip, p += 2 * QUERIES$F) {
% add_values(shape, false)
    }
    if (keys > 0) {                          /* the second value of the last unit may not be there */
        const ivec$T kept = iset$T(0xffff);
% add_values(shape, true)
    }
% end
    if (results == NULL) {
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        vstore$T(&o[$i][column + $(j * LANES)], o$(i)_$j);
% end
% end
    } else {
        $A_STORED *row = results->o + query * results->apart;
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        finish_columns$F(row, column + $(j * LANES), o$(i)_$j, results->factor[query + $i]);
% end
% if i < shape.queries - 1 then
        row += results->apart;
% end
% end
    }
}

% end
/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile$F {
    float (*s)[QUERIES$F];       /* scores, or weights once weighed */
    struct prefill_seen$F *seen;
    const $V_UNIT *v;
    int32_t key0, keys;          /* no keys: no tile */
    int sight, weighed;
    int first;                   /* of its segment: o is still 0 */
% if GATHERS then
    int turn;                    /* which of the gathered blocks v may be in */
% end
};

/*
** o += p v for the queries start .. end - 1, whole register tiles of them, into the state or, where there are any, the results.
** A tile with hidden scores skips what is hidden from all queries of a register tile.
*/
$FN void prefill_accumulate$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    int32_t start, int32_t end, const struct prefill_results$F *results, struct prefill_scratch$F *t)
{
% for _, shape in ipairs(shapes) do
    for (int column = $(shape.start); column < $(shape.stop); column += $(shape.vectors * LANES))
        for (int32_t query = start; query < end; query += $(shape.queries)) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
            const int32_t left = end - query, queries = left < $(shape.queries) ? left : $(shape.queries);
            if (tile->sight != SEES_ALL)
                visible_keys$D(block->first + query, block->first + query + queries - 1,
                               &block->view, &first, &last);
            const int32_t from = first <= last ? $(V_KEYS == 1 and "first - tile->key0" or "(first - tile->key0) / 2 * 2") : 0;
            const int32_t keys = first <= last ? last + 1 - tile->key0 - from : 0;
            if (keys > 0 || tile->first || results != NULL)
                prefill_values$(shape.name)$F(tile->v + $column_place + from$(V_KEYS > 1 and " / " .. V_KEYS or "") * $strip, &tile->s[from][query], keys,
                               tile->first, &t->state->o[query], column, results, query);
        }
% end
}

/* Weights of a tile that are still to come, and l. */
$FN void prefill_weigh$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all$F(t, tile->s);
    else if (!tile->weighed)
        prefill_weights_some$F(t, block->queries, tile->seen, tile->s);
    prefill_sum$F(t, block->queries);
}

/* What is still to come of a tile: weights, l and o. */
$FN void prefill_settle$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
    if (tile->keys == 0)
        return;
    prefill_weigh$F(block, tile, t);
    prefill_accumulate$F(block, tile, 0, block->queries, NULL, t);
}

/* Results of the queries start .. end - 1 from the total. */
$FN void prefill_finish$F(const struct attn_args *args, const struct prefill_block$F *block, int32_t start, int32_t end,
    const struct prefill_scratch$F *t)
{
    for (int32_t i = start; i < end; i++)
        finish$F(args, block->sequence, block->row + i, block->head, t->total.m[i], t->total.l[i], t->total.o[i]);
}

% -- as few queries as are whole register tiles of all shapes
% local rows = 1
% local function is_whole(count)
%     local whole = QUERIES % count == 0
%     for _, shape in ipairs(shapes) do whole = whole and count % shape.queries == 0 end
%     return whole
% end
% while not is_whole(rows) do rows = rows + 1 end
/*
** The same for the last tile of an only segment, and the results: of $rows queries at a time, so that the memory which
** they go to is waited for while o of the next ones is made. Where fewer queries than that are
** left, o goes through the state.
*/
$FN void prefill_conclude$F(const struct attn_args *args, const struct prefill_block$F *block,
    const struct prefill_tile$F *tile, struct prefill_scratch$F *t)
{
    const struct prefill_state$F *total = &t->total;
    int32_t query = 0;
    if (tile->keys > 0) {
        struct prefill_results$F *results = &t->results;
        results->o = ($A_STORED *)args->o + block->row * args->o_stride + block->head * args->o_head_stride;
        results->apart = args->o_stride;
        prefill_weigh$F(block, tile, t);
        for (; query + $rows <= block->queries; query += $rows) {
            for (int32_t i = query; i < query + $rows; i++)
                results->factor[i] = finish_factor$F(args, block->row + i, block->head, total->m[i], total->l[i]);
            prefill_accumulate$F(block, tile, query, query + $rows, results, t);
            for (int32_t i = query; i < query + $rows; i++)
                if (total->l[i] == 0.0f)
                    finish_hidden$F(block->sequence, block->head, results->o + i * results->apart);
        }
        prefill_accumulate$F(block, tile, query, block->queries, NULL, t);
    }
    prefill_finish$F(args, block, query, block->queries, t);
}

/* What the block's queries see of a tile; SOME also when it has fewer keys or queries than it could. */
static int prefill_sight$F(const struct prefill_block$F *block, int32_t key0, int32_t keys)
{
    if (keys < TILE$F || block->queries < QUERIES$F)
        return SEES_SOME;
    return sight$D(block->first, block->first + QUERIES$F - 1, key0, key0 + TILE$F - 1, &block->view);
}

/*
** Scores of the tile at key0, after which the tile before it is settled and the new one takes
** its place.
*/
$FN void prefill_advance$F(const struct prefill_block$F *block, int32_t key0,
    struct prefill_tile$F *before, struct prefill_scratch$F *t)
{
    const int32_t left = block->view.kv_len - key0, keys = left < TILE$F ? left : TILE$F;
    const int sight = prefill_sight$F(block, key0, keys);
    if (sight == SEES_NONE)
        return;
% if HAS_NEAR then
    near_fill$F(block->first - key0 - (TILE$F - 1), TILE$F + QUERIES$F, &block->view, t->near);
% end
% if GATHERS then
    const int turn = !before->turn;
    const struct block$D *stored = tile_block$D(block->sequence, kv_of$D(block->head), key0, TILE$F, &t->gathered[turn]);
% else
    const struct block$D *stored = tile_block$D(block->sequence, kv_of$D(block->head), key0);
% end
% if K_DIRECT then
    const $K_UNIT *k = &stored->k[key0 % BLOCK$D / PANEL$D][0][key0 % PANEL$D];
% else
    const float *k = &t->k[0][0][key0 % PANEL$D];
% end
% if not K_DIRECT or K_SCALES_ROWS then
    prefill_keys$F(stored, key0, t);
% end
% if V_DIRECT then
    const $V_UNIT *v = stored->v[0][key0 % BLOCK$D$(V_KEYS > 1 and " / " .. V_KEYS or "")];
% end
% if INTERLEAVE == 1 then
    const int slot = before->s == t->s[0];
    float (*s)[QUERIES$F] = t->s[slot];
    struct prefill_seen$F *seen = &t->seen[slot];
    before->weighed = sight == SEES_ALL && before->keys > 0 && before->sight == SEES_ALL;
    if (before->weighed)
        prefill_scores_weights$F(block, key0, k, t, s, before->s, before->v);
    else if (sight == SEES_ALL)
        prefill_scores_all$F(block, key0, k, t, s);
    else
        prefill_scores_some$F(block, key0, keys, k, t, seen, s);
    prefill_settle$F(block, before, t);
% else
    float (*s)[QUERIES$F] = t->s[0];
    struct prefill_seen$F *seen = t->seen;
    prefill_settle$F(block, before, t);
    if (sight == SEES_ALL)
        prefill_scores_all$F(block, key0, k, $(V_DIRECT and "v, " or "")t, s);
    else
        prefill_scores_some$F(block, key0, keys, k, t, seen, s);
% end
% if NORMALIZE == "softmax" then
    if (prefill_maximum$F(t, block->queries) && before->v != NULL)       /* o of a segment's first tile is 0 */
        prefill_rescale$F(t, block->queries);
% end
% if V_IN_K then
% local panels = K_DIRECT and "stored->k[key0 % BLOCK" .. D .. " / PANEL" .. D .. "][0]" or "t->k[0][0]"
    const float *v = t->v[0];
    tail_rows$F($panels, key0 % PANEL$D, t->v);
% if K_SCALES_ROWS then
    tail_scales$F(stored, key0, t->v_scale);
% end
% elseif not V_DIRECT then
    const float *v = t->v[0];
    prefill_rows$F(stored, key0, keys, t);
% end
    *before = (struct prefill_tile$F){ s, seen, v, key0, keys, sight, 0, before->v == NULL$(GATHERS and ", turn" or "") };
}

% local START = NORMALIZE == "softmax" and "ATTN_HIDDEN" or "0.0f"
/* Keys first .. last, all of one segment, from an empty state; gives the last tile, which is not settled yet. */
$FN struct prefill_tile$F prefill_segment$F(const struct prefill_block$F *block, int32_t first, int32_t last,
    struct prefill_state$F *state, struct prefill_scratch$F *t)
{
    t->state = state;
    for (int i = 0; i < QUERIES$F; i++) {
        state->m[i] = $START;
        state->l[i] = 0.0f;
    }
    struct prefill_tile$F tile = { t->s[0], t->seen, NULL, 0, 0, SEES_NONE, 0, 0$(GATHERS and ", 0" or "") };
    while (first <= last) {
        const int32_t key0 = first - first % TILE$F;
        prefill_advance$F(block, key0, &tile, t);
        first = key0 + TILE$F;
% if MASK_GAPS then
        visible_keys$D(block->first, block->first + block->queries - 1, &block->view, &first, &last);
% end
    }
    return tile;
}

/* Blocks of queries of one head. */
static int64_t prefill_blocks$F(const struct attn_sequence *sequence)
{
    return prefill_by_rows$F(sequence) ? 0 : (sequence->q_len + QUERIES$F - 1) / QUERIES$F;
}

/* The block that a task is: tasks count sequences, then heads, then blocks of queries. */
static struct prefill_block$F prefill_block_find$F(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t blocks = 0;
    for (;; b++) {
        blocks = prefill_blocks$F(&args->sequence[b]);
        if (task < blocks * HEADS$D)
            break;
        task -= blocks * HEADS$D;
    }
    const struct attn_sequence *sequence = &args->sequence[b];
    const int32_t index = (int32_t)(task % blocks) * QUERIES$F, left = sequence->q_len - index;
    const int32_t head = (int32_t)(task / blocks);
    const struct prefill_block$F block = {
        sequence, sequence->q_row + index,
        left < QUERIES$F ? left : QUERIES$F, sequence->q_offset + index,
        head, attn_view_of(args, b, $(PRUNED and "head" .. D .. "[head]" or "head"))
    };
    return block;
}

/* All segments, and the results. The first one is the total of those so far, and each later one is merged into it. */
$FN void prefill_segments$F(const struct attn_args *args, const struct prefill_block$F *block, struct prefill_scratch$F *t)
{
    int32_t first = 0, last = block->view.kv_len - 1;
    struct prefill_state$F *total = &t->total, *state = total;
    for (int32_t i = 0; i < block->queries; i++)
        total->l[i] = 0.0f;
    visible_keys$D(block->first, block->first + block->queries - 1, &block->view, &first, &last);
    while (first <= last) {
        const int32_t segment_last = first - first % SEGMENT$F + SEGMENT$F - 1;
        const struct prefill_tile$F tile = prefill_segment$F(block, first, segment_last < last ? segment_last : last, state, t);
        if (state == total && segment_last >= last) {
            prefill_conclude$F(args, block, &tile, t);
            return;
        }
        prefill_settle$F(block, &tile, t);
        if (state != total)
            for (int32_t i = 0; i < block->queries; i++)
                merge$F(state->m[i], state->l[i], state->o[i], &total->m[i], &total->l[i], total->o[i]);
        state = &t->segment;
        first = segment_last + 1;
% if MASK_GAPS then
        visible_keys$D(block->first, block->first + block->queries - 1, &block->view, &first, &last);
% end
    }
    prefill_finish$F(args, block, 0, block->queries, t);
}

$FN void prefill_run_block$F(const struct attn_args *args, int64_t task, struct prefill_scratch$F *t)
{
% if BOUNDS ~= "" then
    struct prefill_block$F block = prefill_block_find$F(args, task);
    block.view.bound = bounds_at$D(args, block.view.b);
% else
    const struct prefill_block$F block = prefill_block_find$F(args, task);
% end
    prefill_queries$F(args, &block, t);
    prefill_segments$F(args, &block, t);
}

/* Bytes of the workspace before the partials of what goes by rows. */
static size_t prefill_bounds_bytes$F(const struct attn_args *args)
{
% if BOUNDS ~= "" then
    const size_t bytes = (size_t)bounds_before$D(args, args->sequences) * sizeof(struct attn_bound);
    return (bytes + ATTN_ALIGNMENT - 1) / ATTN_ALIGNMENT * ATTN_ALIGNMENT;
% else
    (void)args;
    return 0;
% end
}

/* What goes by rows. */
static struct decode_call$F prefill_call$F(const struct attn_args *args)
{
    struct decode_call$F call = { args, 0, NULL };
    if (args->workspace != NULL)
        call.partials = (void *)((char *)args->workspace + prefill_bounds_bytes$F(args));
    return call;
}

static size_t prefill_workspace_bytes$F(const struct attn_args *args)
{
    const struct decode_call$F call = prefill_call$F(args);
    return prefill_bounds_bytes$F(args) + decode_bytes$F(&call);
}

static int64_t prefill_block_tasks$F(const struct attn_args *args)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += prefill_blocks$F(&args->sequence[b]) * HEADS$D;
    return tasks;
}

% local work = BOUNDS ~= "" and 1 or 0
% if work > 0 then
/* Pass 0 has a task for each sequence, the bounds of its arrays; then come blocks of queries and rows, and what merges rows. */
% else
/* Pass 0 has blocks of queries and rows, pass 1 what merges rows. */
% end
static int64_t prefill_tasks$F(const struct attn_args *args, int pass)
{
    const struct decode_call$F call = prefill_call$F(args);
% if work > 0 then
    if (pass == 0)
        return args->sequences;
% end
    return decode_tasks_of$F(&call, pass - $work) + (pass == $work ? prefill_block_tasks$F(args) : 0);
}

$FN void prefill_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_call$F call = prefill_call$F(args);
    const int64_t blocks = pass == $work ? prefill_block_tasks$F(args) : 0;
% if work > 0 then
    if (pass == 0) {
        bounds_run$D(args, (int32_t)task);
        return;
    }
% end
    if (task < blocks)
        prefill_run_block$F(args, task, scratch);
    else
        decode_run_of$F(&call, pass - $work, task - blocks, scratch);
}

union prefill_room$F {
    struct prefill_scratch$F block;
    struct decode_scratch$F rows;
};

