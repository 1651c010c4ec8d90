% local width = VALUE_VECTORS * LANES
% local full = V_ROW // width * width
% -- register tiles of o: whole ones, and one for the columns that are left
% local shapes = {}
% if full > 0 then
%     shapes[1] = { name = "", vectors = VALUE_VECTORS, queries = VALUE_QUERIES, start = 0, stop = full }
% end
% if full < V_ROW then
%     shapes[#shapes + 1] = { name = "_rest", vectors = (V_ROW - full) // LANES, queries = REST_QUERIES,
%                             start = full, stop = V_ROW }
% end
/*
** Prefill, $TARGET: a block of $QUERIES queries of one head walks the keys, a tile of $BLOCK at
** a time. Scores have lanes = queries, so that the softmax needs no reduction across
** lanes and K is read as the cache stores it; o has lanes = d_v.
*/
enum {
    QUERIES$F = $QUERIES,      /* queries in a block */
    Q_ROW$F   = $((D_K + LANES - 1) // LANES * LANES)       /* D_K, padded to whole vectors */
};

struct prefill_scratch$F {
    float q[Q_ROW$F][QUERIES$F];             /* transposed, rotated, scaled */
    float rows[QUERIES$F][Q_ROW$F];          /* the same, not yet transposed */
% if INTERLEAVE then
    float s[2][BLOCK$D][QUERIES$F];          /* scores of a tile, and weights p of the one before it */
% else
    float s[1][BLOCK$D][QUERIES$F];          /* scores of a tile, then weights p */
% end
    float sums[PANEL$D][QUERIES$F];          /* partial sums of p */
    float o[QUERIES$F][V_ROW$D];             /* of this segment */
    float o_total[QUERIES$F][V_ROW$D];       /* of the segments before */
    float tile_max[QUERIES$F];
    float m[QUERIES$F], l[QUERIES$F];        /* running maximum (log2) and sum of this segment */
    float m_total[QUERIES$F], l_total[QUERIES$F];
    float alpha[QUERIES$F];                  /* what the last rescale multiplied by */
    int32_t first_key[$(QUERIES // LANES)];  /* what each vector of queries may see of a mixed tile */
    int32_t last_key[$(QUERIES // LANES)];
};

/* Where a block is: some queries of one sequence and one head. */
struct prefill_block$F {
    const struct attn_sequence *sequence;
    int64_t row;                 /* of its first query in q and o */
    int32_t queries, first;      /* how many, and the first one's place on the key axis */
    struct attn_view view;
};

/* Transposes the block's queries, rotated and scaled; lanes without a query are zero. */
$FN void prefill_queries$F(const struct attn_args *args, const struct prefill_block$F *block,
    struct prefill_scratch$F *t)
{
    float (*rows)[Q_ROW$F] = t->rows;
    for (int32_t i = 0; i < block->queries; i++)
        query_row$D(args, block->row + i, block->view.h, rows[i]);
    if (block->queries < QUERIES$F)
        memset(rows[block->queries], 0, sizeof *rows * (size_t)(QUERIES$F - block->queries));
    for (int d = 0; d < Q_ROW$F; d += $LANES)
        for (int i = 0; i < QUERIES$F; i += $LANES)
            vtranspose$T(&rows[i][d], Q_ROW$F, &t->q[d][i], QUERIES$F);
}

% for n = 1, QUERY_VECTORS do
/* s = q k for $SCORE_KEYS keys x $(n * LANES) queries, from `key` and `lane`: one FMA chain over d for each. */
$FN void prefill_scores_$(n)$F(const float *restrict k, int key, int lane,
    const struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F])
{
    const float *restrict panel = k + key / PANEL$D * (PANEL$D * D_K$D) + key % PANEL$D;
% for i = 0, SCORE_KEYS - 1 do
% for v = 0, n - 1 do
    vec$T s$(i)_$v = vzero$T();
% end
% end
    for (int d = 0; d < D_K$D; d++) {
% for v = 0, n - 1 do
        const vec$T q$v = vload$T(&t->q[d][lane + $(v * LANES)]);
% end
% for i = 0, SCORE_KEYS - 1 do
        const vec$T k$i = vset$T(panel[d * PANEL$D + $i]);
% for v = 0, n - 1 do
        s$(i)_$v = vfma$T(q$v, k$i, s$(i)_$v);
% end
% end
    }
% for i = 0, SCORE_KEYS - 1 do
% for v = 0, n - 1 do
    vstore$T(&s[key + $i][lane + $(v * LANES)], s$(i)_$v);
% end
% end
}

% end
/* Each query's largest score. */
$FN void prefill_top$F(struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F])
{
    for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
        vec$T top = vload$T(&s[0][lane]);
        for (int key = 1; key < BLOCK$D; key++)
            top = vmax$T(top, vload$T(&s[key][lane]));
        vstore$T(&t->tile_max[lane], top);
    }
}

/* All scores of a tile. */
$FN void prefill_scores_all$F(const float *k, struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < QUERIES$F; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < BLOCK$D; key += $SCORE_KEYS)
            prefill_scores_$(QUERY_VECTORS)$F(k, key, lane, t, s);
    prefill_top$F(t, s);
}

/* Which keys of a tile the queries of each vector may see: first[v] .. last[v], counted from key0. */
static void prefill_sights$F(const struct prefill_block$F *block, int32_t key0, int32_t keys,
    struct prefill_scratch$F *t)
{
    for (int32_t lane = 0; lane < QUERIES$F; lane += $LANES) {
        const int32_t end = lane + $LANES < block->queries ? lane + $LANES : block->queries;
        int32_t first = key0, last = lane < end ? key0 + keys - 1 : key0 - 1;
        if (lane < end)
            visible_keys$D(block->first + lane, block->first + end - 1, &block->view, &first, &last);
        t->first_key[lane / $LANES] = first - key0;
        t->last_key[lane / $LANES] = last - key0;
    }
}

/* Scores of $SCORE_KEYS keys for those of $QUERY_VECTORS vectors of queries that may see one of them. */
$FN void prefill_scores_seen$F(const float *k, int key, int lane,
    const struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
    int from = lane, to = lane;
    for (int at = lane; at < lane + $(QUERY_VECTORS * LANES); at += $LANES)
        if (t->first_key[at / $LANES] < key + $SCORE_KEYS && t->last_key[at / $LANES] >= key) {
            from = to == lane ? at : from;
            to = at + $LANES;
        }
    switch ((to - from) / $LANES) {
% for n = 1, QUERY_VECTORS do
    case $n: prefill_scores_$(n)$F(k, key, from, t, s); break;
% end
    default: break;
    }
}

/* The same for a tile that some of the queries see some of: hidden scores are -infinity. */
$FN void prefill_scores_some$F(const struct prefill_block$F *block, int32_t key0, int32_t keys,
    const float *k, struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
    prefill_sights$F(block, key0, keys, t);
    for (int lane = 0; lane < block->queries; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < keys; key += $SCORE_KEYS)
            prefill_scores_seen$F(k, key, lane, t, s);
    for (int lane = 0; lane < block->queries; lane += $LANES) {
        const ivec$T place = iramp$T(block->first + lane);
        vec$T top = vset$T(ATTN_HIDDEN);
        for (int key = 0; key < BLOCK$D; key++) {
            vec$T score = vset$T(ATTN_HIDDEN);
            if (key >= t->first_key[lane / $LANES] && key <= t->last_key[lane / $LANES]) {
                const mask$T sees = sees_queries$F(place, key0 + key, &block->view);
                score = vselect$T(sees, vload$T(&s[key][lane]), score);
            }
            vstore$T(&s[key][lane], score);
            top = vmax$T(top, score);
        }
        vstore$T(&t->tile_max[lane], top);
    }
}

/*
** Moves m to the tile's maximum for each query whose maximum grew by more than ATTN_LAZY,
** and l with it; true when some did: then alpha holds what their o must be multiplied by,
** and 1 for the others.
*/
$FN int prefill_maximum$F(struct prefill_scratch$F *t, int32_t queries)
{
    int grown = 0;
    for (int lane = 0; lane < queries; lane += $LANES) {
        const vec$T m = vload$T(&t->m[lane]), top = vload$T(&t->tile_max[lane]);
        const mask$T grows = vgreater$T(top, vadd$T(m, vset$T(ATTN_LAZY)));
        if (!many$T(grows)) {
            vstore$T(&t->alpha[lane], vset$T(1.0f));
            continue;
        }
        const vec$T alpha = vselect$T(grows, vexp2_exact$T(vsub$T(m, top)), vset$T(1.0f));
        vstore$T(&t->alpha[lane], alpha);
        vstore$T(&t->l[lane], vmul$T(vload$T(&t->l[lane]), alpha));
        vstore$T(&t->m[lane], vselect$T(grows, top, m));
        grown = 1;
    }
    return grown;
}

/* o = alpha o. */
$FN void prefill_rescale$F(struct prefill_scratch$F *t, int32_t queries)
{
    for (int32_t i = 0; i < queries; i++) {
        if (t->alpha[i] == 1.0f)
            continue;
        for (int d = 0; d < V_ROW$D; d += $LANES)
            vstore$T(&t->o[i][d], vmul$T(vload$T(&t->o[i][d]), vset$T(t->alpha[i])));
    }
}

/* l += the tile's weights, by a fixed tree: keys $PANEL apart in order, then halves. */
$FN void prefill_sum$F(struct prefill_scratch$F *t, int32_t queries)
{
    for (int lane = 0; lane < queries; lane += $LANES) {
        for (int half = PANEL$D / 2; half > 0; half /= 2)
            for (int j = 0; j < half; j++) {
                const vec$T other = vload$T(&t->sums[j + half][lane]);
                vstore$T(&t->sums[j][lane], vadd$T(vload$T(&t->sums[j][lane]), other));
            }
        vstore$T(&t->l[lane], vadd$T(vload$T(&t->l[lane]), vload$T(&t->sums[0][lane])));
    }
}

% for _, name in ipairs { "all", "some" } do
% local masked = name == "some"
% if masked then
/* The same where scores may be hidden: their weight is 0. */
% else
/* p = exp2(s - m) in the place of s. */
% end
$FN void prefill_weights_$(name)$F(struct prefill_scratch$F *t, int32_t queries,
    float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < queries; lane += $LANES) {
% if masked then
        /* a query may have seen no key yet */
        const vec$T m = vmax$T(vload$T(&t->m[lane]), vset$T(ATTN_LOWEST));
% else
        const vec$T m = vload$T(&t->m[lane]);
% end
        for (int j = 0; j < PANEL$D; j++) {
% for i = 0, BLOCK / PANEL - 1 do
% if masked then
            const vec$T s$i = vload$T(&s[j + $(i * PANEL)][lane]);
            const mask$T seen$i = vgreater$T(s$i, vset$T(ATTN_HIDDEN));
            const vec$T p$i = vselect$T(seen$i, vexp2$T(vsub$T(s$i, m)), vzero$T());
% else
            const vec$T p$i = vexp2$T(vsub$T(vload$T(&s[j + $(i * PANEL)][lane]), m));
% end
            vstore$T(&s[j + $(i * PANEL)][lane], p$i);
% end
            vec$T sum = vadd$T(p0, p1);
% for i = 2, BLOCK / PANEL - 1 do
            sum = vadd$T(sum, p$i);
% end
            vstore$T(&t->sums[j][lane], sum);
        }
    }
}

% end
% if INTERLEAVE then
% local exps = QUERY_VECTORS * BLOCK // PANEL
% local steps = D_K // exps
/*
** All scores s of a tile and each query's largest, and meanwhile the weights of the tile before it in place of its scores p: a step
** of exponentials after every $steps steps of d, so that they fill the pipes that the FMAs leave idle.
*/
$FN void prefill_scores_weights$F(const float *restrict k, struct prefill_scratch$F *restrict t,
    float (*restrict s)[QUERIES$F], float (*restrict p)[QUERIES$F])
{
    for (int j = 0; j < PANEL$D; j++) {
        const float *restrict panel = k + j * $SCORE_KEYS / PANEL$D * (PANEL$D * D_K$D) + j * $SCORE_KEYS % PANEL$D;
        float (*restrict q)[QUERIES$F] = t->q;
% for i = 0, SCORE_KEYS - 1 do
% for v = 0, QUERY_VECTORS - 1 do
        vec$T s$(i)_$v = vzero$T();
% end
% end
        for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
            const vec$T m = vload$T(&t->m[lane]);
            vec$T sum = vzero$T();
% for e = 0, BLOCK // PANEL - 1 do
            const vec$T p$e = vexp2$T(vsub$T(vload$T(&p[j + $(e * PANEL)][lane]), m));
            vstore$T(&p[j + $(e * PANEL)][lane], p$e);
            sum = vadd$T(sum, p$e);
            for (int d = 0; d < $steps; d++, panel += PANEL$D, q++) {
% for v = 0, QUERY_VECTORS - 1 do
                const vec$T q$v = vload$T(&q[0][$(v * LANES)]);
% end
% for i = 0, SCORE_KEYS - 1 do
                const vec$T k$i = vset$T(panel[$i]);
% for v = 0, QUERY_VECTORS - 1 do
                s$(i)_$v = vfma$T(q$v, k$i, s$(i)_$v);
% end
% end
            }
% end
            vstore$T(&t->sums[j][lane], sum);
        }
% if D_K % exps > 0 then
        for (int d = $(steps * exps); d < D_K$D; d++, panel += PANEL$D, q++) {
% for v = 0, QUERY_VECTORS - 1 do
            const vec$T q$v = vload$T(&q[0][$(v * LANES)]);
% end
% for i = 0, SCORE_KEYS - 1 do
            const vec$T k$i = vset$T(panel[$i]);
% for v = 0, QUERY_VECTORS - 1 do
            s$(i)_$v = vfma$T(q$v, k$i, s$(i)_$v);
% end
% end
        }
% end
% for v = 0, QUERY_VECTORS - 1 do
        vec$T top$v = j == 0 ? s0_$v : vmax$T(vload$T(&t->tile_max[$(v * LANES)]), s0_$v);
% for i = 0, SCORE_KEYS - 1 do
        vstore$T(&s[j * $SCORE_KEYS + $i][$(v * LANES)], s$(i)_$v);
% if i > 0 then
        top$v = vmax$T(top$v, s$(i)_$v);
% end
% end
        vstore$T(&t->tile_max[$(v * LANES)], top$v);
% end
    }
}

% end
% for _, shape in ipairs(shapes) do
/*
** o += p v over keys from .. end - 1 of the tile, for $(shape.queries) queries x $(shape.vectors * LANES) columns: one FMA
** chain over the keys for each.
*/
$FN void prefill_values$(shape.name)$F(const float *restrict v, int32_t from, int32_t end,
    int32_t query, int column, float (*restrict p)[QUERIES$F], float (*restrict o)[V_ROW$D])
{
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(i)_$j = vload$T(&o[query + $i][column + $(j * LANES)]);
% end
% end
    for (int32_t key = from; key < end; key++) {
% for j = 0, shape.vectors - 1 do
        const vec$T v$j = vload$T(&v[key * V_ROW$D + column + $(j * LANES)]);
% end
% for i = 0, shape.queries - 1 do
        const vec$T p$i = vset$T(p[key][query + $i]);
% for j = 0, shape.vectors - 1 do
        o$(i)_$j = vfma$T(p$i, v$j, o$(i)_$j);
% end
% end
    }
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
    vstore$T(&o[query + $i][column + $(j * LANES)], o$(i)_$j);
% end
% end
}

% end
/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile$F {
    float (*s)[QUERIES$F];       /* scores, or weights once weighed */
    const float *v;
    int32_t key0, keys;          /* no keys: no tile */
    int sight, weighed;
};

/* o += p v. A tile with hidden scores skips what is hidden from all queries of a register tile. */
$FN void prefill_accumulate$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
% for _, shape in ipairs(shapes) do
    for (int column = $(shape.start); column < $(shape.stop); column += $(shape.vectors * LANES))
        for (int32_t query = 0; query < block->queries; query += $(shape.queries)) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
            if (tile->sight != SEES_ALL)
                visible_keys$D(block->first + query, block->first + query + $(shape.queries - 1),
                               &block->view, &first, &last);
            prefill_values$(shape.name)$F(tile->v, first - tile->key0, last - tile->key0 + 1, query, column,
                               tile->s, t->o);
        }
% end
}

/* What is still to come of a tile: weights, l and o. */
$FN void prefill_settle$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
    if (tile->keys == 0)
        return;
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all$F(t, block->queries, tile->s);
    else if (!tile->weighed)
        prefill_weights_some$F(t, block->queries, tile->s);
    prefill_sum$F(t, block->queries);
    prefill_accumulate$F(block, tile, t);
}

/* What the block's queries see of a tile; SOME also when it has fewer keys or queries than it could. */
static int prefill_sight$F(const struct prefill_block$F *block, int32_t key0, int32_t keys)
{
    if (keys < BLOCK$D || block->queries < QUERIES$F)
        return SEES_SOME;
    return sight$D(block->first, block->first + QUERIES$F - 1, key0, key0 + BLOCK$D - 1, &block->view);
}

/*
** Scores of the tile at key0, of which the cache holds `k`, after which the tile before it is
** settled and the new one takes its place.
*/
$FN void prefill_advance$F(const struct prefill_block$F *block, int32_t key0, const float *k,
    struct prefill_tile$F *before, struct prefill_scratch$F *t)
{
    const int32_t left = block->view.kv_len - key0, keys = left < BLOCK$D ? left : BLOCK$D;
    const int sight = prefill_sight$F(block, key0, keys);
    if (sight == SEES_NONE)
        return;
% if INTERLEAVE then
    float (*s)[QUERIES$F] = before->s == t->s[0] ? t->s[1] : t->s[0];
    before->weighed = sight == SEES_ALL && before->keys > 0 && before->sight == SEES_ALL;
    if (before->weighed)
        prefill_scores_weights$F(k, t, s, before->s);
    else if (sight == SEES_ALL)
        prefill_scores_all$F(k, t, s);
    else
        prefill_scores_some$F(block, key0, keys, k, t, s);
    prefill_settle$F(block, before, t);
% else
    float (*s)[QUERIES$F] = t->s[0];
    prefill_settle$F(block, before, t);
    if (sight == SEES_ALL)
        prefill_scores_all$F(k, t, s);
    else
        prefill_scores_some$F(block, key0, keys, k, t, s);
% end
    if (prefill_maximum$F(t, block->queries))
        prefill_rescale$F(t, block->queries);
    *before = (struct prefill_tile$F){ s, k + BLOCK$D * D_K$D, key0, keys, sight, 0 };
}

/* Keys first .. last, all of one segment, from an empty state, then merged into the totals. */
$FN void prefill_segment$F(const struct prefill_block$F *block, int32_t first, int32_t last,
    struct prefill_scratch$F *t)
{
    for (int i = 0; i < QUERIES$F; i++) {
        t->m[i] = ATTN_HIDDEN;
        t->l[i] = 0.0f;
    }
    memset(t->o, 0, sizeof t->o);
    struct prefill_tile$F tile = { t->s[0], NULL, 0, 0, SEES_NONE, 0 };
    for (int32_t key0 = first - first % BLOCK$D; key0 <= last; key0 += BLOCK$D)
        prefill_advance$F(block, key0,
                          cache_block$D(block->sequence, block->view.h / GROUP$D, key0 / BLOCK$D),
                          &tile, t);
    prefill_settle$F(block, &tile, t);
    for (int32_t i = 0; i < block->queries; i++)
        merge$F(t->m[i], t->l[i], t->o[i], &t->m_total[i], &t->l_total[i], t->o_total[i]);
}

/* The block that a task is: tasks count sequences, then heads, then blocks of queries. */
static struct prefill_block$F prefill_block_find$F(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t blocks = 0;
    for (;; b++) {
        blocks = (args->sequence[b].q_len + QUERIES$F - 1) / QUERIES$F;
        if (task < blocks * HEADS$D)
            break;
        task -= blocks * HEADS$D;
    }
    const struct attn_sequence *sequence = &args->sequence[b];
    const int32_t index = (int32_t)(task % blocks) * QUERIES$F, left = sequence->q_len - index;
    const struct prefill_block$F block = {
        sequence, sequence->q_row + index,
        left < QUERIES$F ? left : QUERIES$F, sequence->q_offset + index,
        { (int32_t)(task / blocks), b, sequence->q_len, sequence->kv_len }
    };
    return block;
}

static int64_t prefill_tasks$F(const struct attn_args *args, int pass)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += (args->sequence[b].q_len + QUERIES$F - 1) / QUERIES$F * (int64_t)HEADS$D;
    return pass == 0 ? tasks : 0;
}

static size_t prefill_workspace_bytes$F(const struct attn_args *args)
{
    (void)args;
    return 0;
}

$FN void prefill_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    struct prefill_scratch$F *t = scratch;
    const struct prefill_block$F block = prefill_block_find$F(args, task);
    (void)pass;
    prefill_queries$F(args, &block, t);
    for (int32_t i = 0; i < block.queries; i++)
        t->l_total[i] = 0.0f;

    int32_t first = 0, last = block.view.kv_len - 1;
    visible_keys$D(block.first, block.first + block.queries - 1, &block.view, &first, &last);
    while (first <= last) {
        const int32_t segment_last = first - first % SEGMENT$D + SEGMENT$D - 1;
        prefill_segment$F(&block, first, segment_last < last ? segment_last : last, t);
        first = segment_last + 1;
    }
    for (int32_t i = 0; i < block.queries; i++)
        finish$F(args, block.row + i, block.view.h, t->m_total[i], t->l_total[i], t->o_total[i]);
}
