% -- what scores take from the distance, for the lanes from `lane` on and the key `key` of the tile
% local near = HAS_NEAR and ", vload" .. T .. "(&t->near[TILE" .. F .. " - 1 - key + lane])" or ""
/*
** Prefill, $TARGET: a block of $QUERIES queries of one head walks the keys, a tile of $TILE at
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
% if INTERLEAVE == 1 then
    float s[2][TILE$F][QUERIES$F];           /* scores of a tile, and weights p of the one before it */
% else
    float s[1][TILE$F][QUERIES$F];           /* scores of a tile, then weights p */
% end
% if K_STORED ~= "float" then
    float k[$((TILE + PANEL - 1) // PANEL)][D_K$D][PANEL$D];   /* the panels of a tile, as floats */
% end
% if V_STORED ~= "float" then
    float v[TILE$F][V_ROW$D];                /* and its rows of V */
% end
% if K_SCALES_ROWS then
    float k_scale[TILE$F];                   /* multiplies a key's scores */
% end
% if V_SCALES_ROWS then
    float v_scale[TILE$F];                   /* multiplies a key's weights, but not their sum */
% end
    float sums[PARTIALS$F][QUERIES$F];       /* partial sums of p */
    float o[QUERIES$F][V_ROW$D];             /* of this segment */
    float o_total[QUERIES$F][V_ROW$D];       /* of the segments before */
    float tile_max[QUERIES$F];
% if HAS_NEAR then
    float near[TILE$F + QUERIES$F];          /* what scores of a tile take from the distance, from its least on */
% end
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

% -- steps of d: UNROLL at a time, then those that are left
% local steps = { { from = 0, to = D_K - D_K % UNROLL, count = UNROLL } }
% if D_K % UNROLL > 0 then steps[2] = { from = D_K - D_K % UNROLL, to = D_K, count = 1 } end
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
% for _, step in ipairs(steps) do
    for (int d = $(step.from); d < $(step.to); d += $(step.count)) {
% for u = 0, step.count - 1 do
% for v = 0, n - 1 do
        const vec$T q$(u)_$v = vload$T(&t->q[d + $u][lane + $(v * LANES)]);
% end
% for i = 0, SCORE_KEYS - 1 do
        const vec$T k$(u)_$i = vset$T(panel[(d + $u) * PANEL$D + $i]);
% for v = 0, n - 1 do
        s$(i)_$v = vfma$T(q$(u)_$v, k$(u)_$i, s$(i)_$v);
% end
% end
% end
    }
% end
% for i = 0, SCORE_KEYS - 1 do
% if K_SCALES_ROWS then
    const vec$T scale$i = vset$T(t->k_scale[key + $i]);
% end
% for v = 0, n - 1 do
    vstore$T(&s[key + $i][lane + $(v * LANES)], $(K_SCALES_ROWS and "vmul" .. T .. "(s" .. i .. "_" .. v .. ", scale" .. i .. ")" or "s" .. i .. "_" .. v));
% end
% end
}

% end
/* All scores of a tile, and each query's largest. */
$FN void prefill_scores_all$F(const struct prefill_block$F *block, int32_t key0, const float *k,
    struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
% if not HAS_SCORE then
    (void)block;
    (void)key0;
% end
    for (int lane = 0; lane < QUERIES$F; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < TILE$F; key += $SCORE_KEYS)
            prefill_scores_$(QUERY_VECTORS)$F(k, key, lane, t, s);
    for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
% if HAS_SCORE then
        const ivec$T place = iramp$T(block->first + lane);
% end
        vec$T top = vset$T(ATTN_HIDDEN);
        for (int key = 0; key < TILE$F; key++) {
% if HAS_SCORE then
            const vec$T score = score_queries$F(vload$T(&s[key][lane]), place, key0 + key, &block->view$(near));
            vstore$T(&s[key][lane], score);
            top = vmax$T(top, score);
% else
            top = vmax$T(top, vload$T(&s[key][lane]));
% end
        }
        vstore$T(&t->tile_max[lane], top);
    }
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
        for (int key = 0; key < TILE$F; key++) {
            vec$T score = vset$T(ATTN_HIDDEN);
            if (key >= t->first_key[lane / $LANES] && key <= t->last_key[lane / $LANES]) {
                const mask$T sees = sees_queries$F(place, key0 + key, &block->view);
% if HAS_SCORE then
                const vec$T seen = score_queries$F(vload$T(&s[key][lane]), place, key0 + key, &block->view$(near));
% else
                const vec$T seen = vload$T(&s[key][lane]);
% end
                score = vselect$T(sees, seen, score);
            }
            vstore$T(&s[key][lane], score);
            top = vmax$T(top, score);
        }
        vstore$T(&t->tile_max[lane], top);
    }
}

