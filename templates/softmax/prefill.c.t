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
% if not GATHERS then
    const int32_t key1 = key0 + TILE$F < block->view.kv_len ? key0 + TILE$F : key0;
    const struct block$D *behind = tile_block$D(block->sequence, kv_of$D(block->head), key1);
    const char *next_k = (const char *)behind->k + key1 % BLOCK$D * $K_BYTES;
% if INTERLEAVE == 1 and not V_IN_K then
    const char *next_v = (const char *)behind->v + key1 % BLOCK$D * $V_BYTES;
% end
% end
% if INTERLEAVE == 1 then
    const int slot = before->s == t->s[0];
    float (*s)[QUERIES$F] = t->s[slot];
    struct prefill_seen$F *seen = &t->seen[slot];
    before->weighed = sight == SEES_ALL && before->keys > 0 && before->sight == SEES_ALL;
    if (before->weighed)
        prefill_scores_weights$F(block, key0, k, t, s, before->s$(V_DIRECT and ", (const char *)before->v" or "")$(GATHERS and "" or V_IN_K and ", next_k" or ", next_k, next_v"));
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
% local own = GATHERS and ", turn" or INTERLEAVE == 0 and ", block->view.kv_len >= FAR_KEYS" .. F .. " ? next_k : NULL" or ""
    *before = (struct prefill_tile$F){ s, seen, v, key0, keys, sight, 0, before->v == NULL$own };
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
    struct prefill_tile$F tile = { t->s[0], t->seen, NULL, 0, 0, SEES_NONE, 0, 0$(GATHERS and ", 0" or INTERLEAVE == 0 and ", NULL" or "") };
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

