% -- what scores take from the distance, for the lanes from `lane` on and the key `key` of the tile
% local near_one = HAS_NEAR and ", vload" .. T .. "(&t->near[TILE" .. F .. " - 1 - key + lane])" or ""
% local function near(i, v)
%     return HAS_NEAR and ", vload" .. T .. "(&t->near[TILE" .. F .. " - 1 - key + lane + " .. v * LANES - i .. "])" or ""
% end
/*
** Prefill, $TARGET: a block of $QUERIES queries of one head walks the keys, a tile of $TILE at
** a time. Scores have lanes = queries, so that the softmax needs no reduction across
** lanes and K is read as the cache stores it; o has lanes = d_v.
*/
enum {
    QUERIES$F = $QUERIES,      /* queries in a block */
% if INTERLEAVE == 0 and not GATHERS then
    FAR_KEYS$F = $((8 << 20) // (K_BYTES + V_BYTES)),   /* from so many keys on a head's K and V, 8 MiB, come from memory */
% end
    APPEND$F  = $APPEND,      /* most queries of a sequence that goes by rows, as in decode */
    APPEND_KEYS$F = 8,    /* and its keys for each of them, at least */
    Q_ROW$F   = $((Q_FLOATS + LANES - 1) // LANES * LANES)       /* D_K$(UNITS and ", or what it becomes" or ""), padded to whole vectors */
};

/* What the keys of a segment, or of the segments so far, come to for each query. */
struct prefill_state$F {
    float o[QUERIES$F][V_ROW$D];
    float m[QUERIES$F], l[QUERIES$F];        /* running maximum (log2) and sum */
};

% local halves = HALF_LANES > 0 and not UNITS
/* Keys of a mixed tile, counted from its first one, that some query of each vector may see: first .. last. */
struct prefill_seen$F {
    int32_t first[$(QUERIES // LANES)], last[$(QUERIES // LANES)];
% if halves then
    int32_t half_first[$(QUERIES // HALF_LANES)], half_last[$(QUERIES // HALF_LANES)];      /* the same of half a vector */
% end
};

/* Where the results of a block's queries go, `apart` from query to query, and what makes them of o. */
struct prefill_results$F {
    $A_STORED *o;
    int64_t apart;
    float factor[QUERIES$F];
};

% local slots = INTERLEAVE == 1 and 2 or 1
struct prefill_scratch$F {
    float q[Q_ROW$F][QUERIES$F];             /* transposed, rotated, $(UNITS and "units" or "scaled") */
    float rows[$LANES][Q_ROW$F];             /* the same of a vector of queries, not yet transposed */
    float s[$slots][TILE$F][QUERIES$F];      /* scores of a tile, then weights p$(slots == 2 and "; of two tiles by turns" or "") */
    struct prefill_seen$F seen[$slots];
% if GATHERS then
    struct block$D gathered[2];              /* of a tile, and of the one before, which is settled later */
% end
% if not K_DIRECT then
    float k[$((TILE + PANEL - 1) // PANEL)][D_K$D][PANEL$D];   /* the panels of a tile, as floats */
% end
% if not V_DIRECT then
    float v[TILE$F][V_ROW$D];                /* its rows of V, as floats */
% end
% if K_SCALES_ROWS then
    float k_scale[TILE$F];                   /* multiplies a key's scores */
% end
% if V_SCALES_ROWS then
    float v_scale[TILE$F];                   /* multiplies a key's weights, but not their sum */
% end
    float sums[PARTIALS$F][QUERIES$F];       /* partial sums of p */
    struct prefill_state$F total, segment;   /* of the first segment and those merged with it; of a later one */
    struct prefill_state$F *state;           /* the one that is at work */
    struct prefill_results$F results;
    float tile_max[QUERIES$F];
% if HAS_NEAR then
    float near[TILE$F + QUERIES$F];          /* what scores of a tile take from the distance, from its least on */
% end
    float alpha[QUERIES$F];                  /* what the last rescale multiplied by */
};

/* Where a block is: some queries of one sequence and one head. */
struct prefill_block$F {
    const struct attn_sequence *sequence;
    int64_t row;                 /* of its first query in q and o */
    int32_t queries, first;      /* how many, and the first one's place on the key axis */
    int32_t head;                /* of q and o */
    struct attn_view view;
};

/* Transposes the block's queries, rotated and scaled; lanes without a query are zero. */
$FN void prefill_queries$F(const struct attn_args *args, const struct prefill_block$F *block,
    struct prefill_scratch$F *t)
{
    for (int32_t lane = 0; lane < QUERIES$F; lane += $LANES) {
        for (int32_t i = 0; i < $LANES; i++)
            if (lane + i < block->queries)
                query_row$D(args, block->row + lane + i, block->head, t->rows[i]);
            else
                memset(t->rows[i], 0, sizeof t->rows[i]);
        for (int d = 0; d < $(UNITS and Q_CELLS or "Q_ROW" .. F); d += $LANES)
            vtranspose$T(&t->rows[0][d], Q_ROW$F, &t->q[d][lane], QUERIES$F);
    }
}

% -- steps of d: UNROLL at a time, then those that are left
% local steps = {}
% if Q_UNITS >= UNROLL then steps[1] = { from = 0, to = Q_UNITS - Q_UNITS % UNROLL, count = UNROLL } end
% if Q_UNITS % UNROLL > 0 then steps[#steps + 1] = { from = Q_UNITS - Q_UNITS % UNROLL, to = Q_UNITS, count = 1 } end
% -- a narrow register tile has more keys, so that there are as many sums as hide an FMA's latency
% local most_keys = math.min(TILE, PANEL, halves and HALF_LANES or TILE)
% local function keys_beside(vectors)
%     local keys = SCORE_KEYS
%     while 2 * keys * vectors <= SCORE_KEYS * QUERY_VECTORS and math.max(TILE, PANEL) % (2 * keys) == 0 and 2 * keys <= most_keys do
%         keys = 2 * keys
%     end
%     return keys
% end
% local key_step = keys_beside(1)
% -- C of one step of a sum, which for whole numbers is called n until it is scaled
% local function add(i, v, u)
%     local q, k, sum = "q" .. u .. "_" .. v, "k" .. u .. "_" .. i, (SUM == "ivec" and "n" or "s") .. i .. "_" .. v
%     return sum .. " = " .. PRODUCT .. T .. "(" .. (UNITS and k .. ", " .. q or q .. ", " .. k) .. ", " .. sum .. ")"
% end
% -- C of the sums s<key>_<vector> of a register tile from `key` and `lane`
% local function sum_scores(keys, vectors)
% for i = 0, keys - 1 do
% for v = 0, vectors - 1 do
    $SUM$T $(SUM == "ivec" and "n" or "s")$(i)_$v = $(SUM == "ivec" and "iload_unit" .. T .. "(&t->q[" .. Q_UNITS + 1 .. "][lane + " .. v * LANES .. "])" or "vzero" .. T .. "()");
% end
% end
% for _, step in ipairs(steps) do
    for (int d = $(step.from); d < $(step.to); d += $(step.count)) {
% for u = 0, step.count - 1 do
% for v = 0, vectors - 1 do
        const $PART$T q$(u)_$v = $Q_LOAD$T(&t->q[d + $u][lane + $(v * LANES)]);
% end
% for i = 0, keys - 1 do
        const $PART$T k$(u)_$i = $K_SET$T(panel[(d + $u) * PANEL$D + $i]);
% for v = 0, vectors - 1 do
        $(add(i, v, u));
% end
% end
% end
    }
% end
% if SUM == "ivec" then
% for i = 0, keys - 1 do
% for v = 0, vectors - 1 do
    vec$T s$(i)_$v = vfromi$T(n$(i)_$v);
% end
% end
% end
% if K_SCALES_ROWS then
% for i = 0, keys - 1 do
    const vec$T scale$i = vset$T(t->k_scale[key + $i]);
% for v = 0, vectors - 1 do
    s$(i)_$v = vmul$T(s$(i)_$v, scale$i);
% end
% end
% end
% if UNITS then
% for v = 0, vectors - 1 do
    const vec$T factor$v = $(SUM == "ivec" and "vload" .. T .. "(&t->q[" .. Q_UNITS .. "][lane + " .. v * LANES .. "])" or "vset" .. T .. "(scale" .. D .. ")");
% for i = 0, keys - 1 do
    s$(i)_$v = vmul$T(s$(i)_$v, factor$v);
% end
% end
% end
% end
% for n = 1, QUERY_VECTORS do
/* s = q k for $(keys_beside(n)) keys x $(n * LANES) queries, from `key` and `lane`: one FMA chain over d for each. */
$FN void prefill_scores_$(n)$F(const $K_UNIT *restrict k, int key, int lane,
    const struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F])
{
    const $K_UNIT *restrict panel = k + key / PANEL$D * (PANEL$D * $(UNITS and Q_UNITS or "D_K" .. D)) + key % PANEL$D;
% sum_scores(keys_beside(n), n)
% for i = 0, keys_beside(n) - 1 do
% for v = 0, n - 1 do
    vstore$T(&s[key + $i][lane + $(v * LANES)], s$(i)_$v);
% end
% end
}

% end
% local call = HAS_SCORE and "block, key0, " or ""
/* The same for whole register tiles that are seen, with what scores are made of them, and raises each query's largest. */
OP$T void prefill_scores_top$F($(HAS_SCORE and "const struct prefill_block" .. F .. " *block, int32_t key0, " or "")const $K_UNIT *restrict k,
    int key, int lane, struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F])
{
    const $K_UNIT *restrict panel = k + key / PANEL$D * (PANEL$D * $(UNITS and Q_UNITS or "D_K" .. D)) + key % PANEL$D;
% sum_scores(SCORE_KEYS, QUERY_VECTORS)
% for v = 0, QUERY_VECTORS - 1 do
% if HAS_SCORE then
    const ivec$T place$v = iramp$T(block->first + lane + $(v * LANES));
% end
    vec$T top$v = vload$T(&t->tile_max[lane + $(v * LANES)]);
% for i = 0, SCORE_KEYS - 1 do
% if HAS_SCORE then
    s$(i)_$v = score_queries$F(s$(i)_$v, place$v, key0 + key + $i, &block->view$(near(i, v)));
% end
    vstore$T(&s[key + $i][lane + $(v * LANES)], s$(i)_$v);
    top$v = vmax$T(top$v, s$(i)_$v);
% end
    vstore$T(&t->tile_max[lane + $(v * LANES)], top$v);
% end
}

% local lines = INTERLEAVE == 0 and V_DIRECT and math.max(1, SCORE_KEYS * V_ROW // V_KEYS // 16) or 0
/* All scores of a tile, and each query's largest.$(lines > 0 and " Its V, which comes next, is fetched meanwhile." or "") */
$FN void prefill_scores_all$F(const struct prefill_block$F *block, int32_t key0, const $K_UNIT *k,
    $(lines > 0 and "const " .. V_UNIT .. " *v, " or "")struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
% if not HAS_SCORE then
    (void)block;
    (void)key0;
% end
    for (int lane = 0; lane < QUERIES$F; lane += $LANES)
        vstore$T(&t->tile_max[lane], vset$T(ATTN_HIDDEN));
    for (int lane = 0; lane < QUERIES$F; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < TILE$F; key += $SCORE_KEYS) {
% if lines > 0 then
            for (int line = 0; line < $lines; line++)
                ATTN_FETCH_NEAR(v + key$(V_KEYS > 1 and " / " .. V_KEYS or "") * V_ROW$D + line * 16);
% end
            prefill_scores_top$F($(call)k, key, lane, t, s);
        }
}

% local lanes = halves and HALF_LANES or LANES
% local seen_first, seen_last = halves and "seen->half_first" or "seen->first", halves and "seen->half_last" or "seen->last"
static void prefill_seen_find$F(const struct prefill_block$F *block, int32_t key0, int32_t keys,
    struct prefill_seen$F *seen)
{
    for (int32_t lane = 0; lane < QUERIES$F; lane += $lanes) {
        const int32_t end = lane + $lanes < block->queries ? lane + $lanes : block->queries;
        int32_t first = key0, last = lane < end ? key0 + keys - 1 : key0 - 1;
        if (lane < end)
            visible_keys$D(block->first + lane, block->first + end - 1, &block->view, &first, &last);
        $seen_first[lane / $lanes] = first - key0;
        $seen_last[lane / $lanes] = last - key0;
    }
% if halves then
    for (int i = 0; i < $(QUERIES // LANES); i++) {
        const int32_t *first = &seen->half_first[2 * i], *last = &seen->half_last[2 * i];
        seen->first[i] = first[0] < first[1] ? first[0] : first[1];
        seen->last[i] = last[0] > last[1] ? last[0] : last[1];
    }
% end
}

% if halves then
/* s = q k for $key_step keys x $HALF_LANES queries. */
$FN void prefill_scores_half$F(const $K_UNIT *restrict k, int key, int lane,
    const struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F])
{
    const $K_UNIT *restrict panel = k + key / PANEL$D * (PANEL$D * D_K$D) + key % PANEL$D;
% for i = 0, key_step - 1 do
    half$T s$i = hzero$T();
% end
    for (int d = 0; d < $Q_UNITS; d++, panel += PANEL$D) {
        const half$T q = hload$T(&t->q[d][lane]);
% for i = 0, key_step - 1 do
        s$i = hfma$T(q, hset$T(panel[$i]), s$i);
% end
    }
% for i = 0, key_step - 1 do
    hstore$T(&s[key + $i][lane], $(K_SCALES_ROWS and "hmul" .. T .. "(s" .. i .. ", hset" .. T .. "(t->k_scale[key + " .. i .. "]))" or "s" .. i));
% end
}

% end
/* Scores of $key_step keys for those of $QUERY_VECTORS vectors of queries that may see one of them$(halves and ", from half a vector to half a vector" or ""). */
$FN void prefill_scores_seen$F(const $K_UNIT *k, int key, int lane,
    const struct prefill_scratch$F *t, const struct prefill_seen$F *seen, float (*s)[QUERIES$F])
{
    int from = lane, to = lane;
    for (int at = lane; at < lane + $(QUERY_VECTORS * LANES); at += $lanes)
        if ($seen_first[at / $lanes] < key + $key_step && $seen_last[at / $lanes] >= key) {
            from = to == lane ? at : from;
            to = at + $lanes;
        }
% if halves then
    if (from % $LANES != 0) {
        prefill_scores_half$F(k, key, from, t, s);
        from += $lanes;
    }
    if (to % $LANES != 0) {
        to -= $lanes;
        prefill_scores_half$F(k, key, to, t, s);
    }
% end
    switch ((to - from) / $LANES) {
% for n = 1, QUERY_VECTORS do
    case $n:
% for part = 0, key_step - 1, keys_beside(n) do
        prefill_scores_$(n)$F(k, $(part > 0 and "key + " .. part or "key"), from, t, s);
% end
        break;
% end
    default: break;
    }
}

% -- C of a score that is seen
% local loaded = "vload" .. T .. "(&s[key][lane])"
% local shown = HAS_SCORE and "score_queries" .. F .. "(" .. loaded .. ", place, key0 + key, &block->view" .. near_one .. ")" or loaded
/*
** The same for a tile that some of the queries see some of: hidden scores are -infinity. Keys
** that no query of a vector sees have none.
*/
$FN void prefill_scores_some$F(const struct prefill_block$F *block, int32_t key0, int32_t keys,
    const $K_UNIT *k, struct prefill_scratch$F *t, struct prefill_seen$F *seen, float (*s)[QUERIES$F])
{
    prefill_seen_find$F(block, key0, keys, seen);
    for (int lane = 0; lane < block->queries; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < keys; key += $key_step)
            prefill_scores_seen$F(k, key, lane, t, seen, s);
    for (int lane = 0; lane < block->queries; lane += $LANES) {
        const ivec$T place = iramp$T(block->first + lane);
        vec$T top = vset$T(ATTN_HIDDEN);
        const int last = seen->last[lane / $LANES], clear = last - $(LANES - 1);      /* often all of the vector see those before */
        int key = seen->first[lane / $LANES];
        if (key < clear && sight$D(block->first + lane, block->first + lane + $(LANES - 1), key0 + key, key0 + clear - 1, &block->view) == SEES_ALL)
            for (; key < clear; key++) {
                const vec$T score = $shown;
% if HAS_SCORE then
                vstore$T(&s[key][lane], score);
% end
                top = vmax$T(top, score);
            }
        for (; key <= last; key++) {
            const mask$T sees = sees_queries$F(place, key0 + key, &block->view);
            const vec$T score = vselect$T(sees, $shown, vset$T(ATTN_HIDDEN));
            vstore$T(&s[key][lane], score);
            top = vmax$T(top, score);
        }
        vstore$T(&t->tile_max[lane], top);
    }
}

