% -- what scores take from the distance, for a vector of queries and a key of the tile
% local function near(i, v)
%     return HAS_NEAR and ", vload" .. T .. "(&t->near[TILE" .. F .. " - 1 - key + " .. v * LANES - i .. "])" or ""
% end
% -- C of the weight p$i as v takes it: times the scale of the key's v, where it has one
% local function weighted(i, key)
%     return V_SCALES_ROWS and "vmul" .. T .. "(p" .. i .. ", vset" .. T .. "(t->v_scale[" .. key .. "]))" or "p" .. i
% end
% if NORMALIZE == "softmax" then
/*
** Moves m to the tile's maximum for each query whose maximum grew by more than ATTN_LAZY,
** and l with it; true when some did: then alpha holds what their o must be multiplied by,
** and 1 for the others.
*/
$FN int prefill_maximum$F(struct prefill_scratch$F *t, int32_t queries)
{
    int grown = 0;
    for (int lane = 0; lane < queries; lane += $LANES) {
        const vec$T m = vload$T(&t->state->m[lane]), top = vload$T(&t->tile_max[lane]);
        const mask$T grows = vgreater$T(top, vadd$T(m, vset$T(ATTN_LAZY)));
        if (!many$T(grows)) {
            vstore$T(&t->alpha[lane], vset$T(1.0f));
            continue;
        }
        const vec$T alpha = vselect$T(grows, vexp2_exact$T(vsub$T(m, top)), vset$T(1.0f));
        vstore$T(&t->alpha[lane], alpha);
        vstore$T(&t->state->l[lane], vmul$T(vload$T(&t->state->l[lane]), alpha));
        vstore$T(&t->state->m[lane], vselect$T(grows, top, m));
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
            vstore$T(&t->state->o[i][d], vmul$T(vload$T(&t->state->o[i][d]), vset$T(t->alpha[i])));
    }
}

% end
/* l += the tile's weights, by a fixed tree: keys PARTIALS apart in order, then halves. */
$FN void prefill_sum$F(struct prefill_scratch$F *t, int32_t queries)
{
    for (int lane = 0; lane < queries; lane += $LANES) {
% for j = 0, PARTIALS - 1 do
        vec$T s$j = vload$T(&t->sums[$j][lane]);
% end
% local half = PARTIALS // 2
% while half > 0 do
% for j = 0, half - 1 do
        s$j = vadd$T(s$j, s$(j + half));
% end
% half = half // 2
% end
        vstore$T(&t->state->l[lane], vadd$T(vload$T(&t->state->l[lane]), s0));
    }
}

/* The weight of a score, 0 of a hidden one. m is -infinity for a query that saw no key yet. */
OP$T vec$T prefill_weight$F(vec$T s, vec$T m)
{
    const mask$T seen = vgreater$T(s, vset$T(ATTN_HIDDEN));
    return vselect$T(seen, weight$F(s, vmax$T(m, vset$T(ATTN_LOWEST))), vzero$T());
}

% if not UNIT_VALUES then
% -- a score may hide a key by being -infinity
% local weight = (HAS_SCORE and "prefill_weight" or "weight") .. F
/* p = weight(s, m) in the place of s. */
$FN void prefill_weights_all$F(struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
        const vec$T m = vload$T(&t->state->m[lane]);
        for (int j = 0; j < PARTIALS$F; j++) {
            vec$T sum = vzero$T();
% for i = 0, TILE // PARTIALS - 1 do
            const vec$T s$i = vload$T(&s[j + $(i * PARTIALS)][lane]);
            const vec$T p$i = $weight(s$i, m);
            vstore$T(&s[j + $(i * PARTIALS)][lane], $(weighted(i, "j + " .. i * PARTIALS)));
            sum = vadd$T(sum, p$i);
% end
            vstore$T(&t->sums[j][lane], sum);
        }
    }
}

% local straddles = LANES % VALUE_QUERIES > 0 or LANES % REST_QUERIES > 0
% if straddles then
/*
** The same for the keys that the queries of each vector may see, with weights of 0 before and
** behind them, since register tiles of o stretch over two vectors of queries.
*/
% else
/* The same for the keys that the queries of each vector may see. */
% end
$FN void prefill_weights_some$F(struct prefill_scratch$F *t, int32_t queries,
    const struct prefill_seen$F *seen, float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < queries; lane += $LANES) {
        const vec$T m = vload$T(&t->state->m[lane]);
        const int32_t first = seen->first[lane / $LANES], last = seen->last[lane / $LANES];
        for (int j = 0; j < PARTIALS$F; j++)
            vstore$T(&t->sums[j][lane], vzero$T());
        for (int32_t key = first; key <= last; key++) {
            float *sum = &t->sums[key % PARTIALS$F][lane];
            const vec$T p = prefill_weight$F(vload$T(&s[key][lane]), m);
            vstore$T(&s[key][lane], $(weighted("", "key")));
            vstore$T(sum, vadd$T(vload$T(sum), p));
        }
% if straddles then
        for (int32_t key = 0; key < TILE$F; key++)
            if (key < first || key > last)
                vstore$T(&s[key][lane], vzero$T());
% end
    }
}

% end
% if INTERLEAVE == 1 then
% local weight = (HAS_SCORE and "prefill_weight" or "weight") .. F
% local exps = QUERY_VECTORS * TILE // PARTIALS
% -- C of one step of a sum, which for whole numbers is called n until it is scaled
% local sum = SUM == "ivec" and "n" or "s"
% local function add(i, v)
%     local name, q, k = sum .. i .. "_" .. v, "q" .. v, "k" .. i
%     return name .. " = " .. PRODUCT .. T .. "(" .. (UNITS and k .. ", " .. q or q .. ", " .. k) .. ", " .. name .. ")"
% end
% -- what is fetched ahead: of V that comes next, and of the tile behind
% local function lines(bytes) return (bytes + 64 * exps * PARTIALS - 1) // (64 * exps * PARTIALS) end
% local ahead = {}
% if V_DIRECT then ahead[1] = { name = "v", lines = lines(TILE * V_ROW // V_KEYS * 4), fetch = "ATTN_FETCH_NEAR" } end
% if not GATHERS then ahead[#ahead + 1] = { name = "next_k", lines = lines(TILE * K_BYTES), fetch = "ATTN_FETCH" } end
% if not GATHERS and not V_IN_K then ahead[#ahead + 1] = { name = "next_v", lines = lines(TILE * V_BYTES), fetch = "ATTN_FETCH" } end
% local given = ""
% for _, of in ipairs(ahead) do given = given .. ", const char *" .. of.name end
% local steps = Q_UNITS // exps
% -- C of the sums' steps from one d up to another, and of what is fetched ahead of some
% local function score_steps(indent, from, to)
$(indent)for (int d = $from; d < $to; d++, panel += PANEL$D, q++) {
% for v = 0, QUERY_VECTORS - 1 do
$(indent)    const $PART$T q$v = $Q_LOAD$T(&q[0][$(v * LANES)]);
% end
% for i = 0, SCORE_KEYS - 1 do
$(indent)    const $PART$T k$i = $K_SET$T(panel[$i]);
% for v = 0, QUERY_VECTORS - 1 do
$(indent)    $(add(i, v));
% end
% end
$(indent)}
% end
% local function some_steps()
% for _, of in ipairs(ahead) do
% for line = 0, of.lines - 1 do
            $(of.fetch)($(of.name)$(line > 0 and " + " .. line * 64 or ""));
% end
            $(of.name) += $(of.lines * 64);
% end
% score_steps("            ", 0, steps)
% end
/*
** All scores s of a tile and each query's largest, and meanwhile the weights of the tile
** before it in place of its scores p: exponentials after every $steps steps of d, so that
** they fill the pipes that the FMAs leave idle. $(#ahead > 0 and "What comes next is fetched as well." or "")
*/
$FN void prefill_scores_weights$F(const struct prefill_block$F *block, int32_t key0,
    const $K_UNIT *restrict k, struct prefill_scratch$F *restrict t, float (*restrict s)[QUERIES$F],
    float (*restrict p)[QUERIES$F]$given)
{
% if not HAS_SCORE then
    (void)block;
    (void)key0;
% end
    for (int j = 0; j < PARTIALS$F; j++) {
        const int key = j * $SCORE_KEYS;
        const $K_UNIT *restrict panel = k + key / PANEL$D * (PANEL$D * $(UNITS and Q_UNITS or "D_K" .. D)) + key % PANEL$D;
        float (*restrict q)[QUERIES$F] = t->q;
% for i = 0, SCORE_KEYS - 1 do
% for v = 0, QUERY_VECTORS - 1 do
        $SUM$T $sum$(i)_$v = $(SUM == "ivec" and "iload_unit" .. T .. "(&t->q[" .. Q_UNITS + 1 .. "][" .. v * LANES .. "])" or "vzero" .. T .. "()");
% end
% end
% if UNIT_VALUES then
        const int pair = j / 2 * 2, half = j % 2 * (QUERIES$F / 2);      /* j and j + 1 share their keys, each has half of the queries */
        for (int lane = half; lane < half + QUERIES$F / 2; lane += $LANES) {
            const vec$T m = vload$T(&t->state->m[lane]);
            vec$T sum0 = vzero$T(), sum1 = vzero$T();
% for e = 0, TILE // PARTIALS - 1 do
% for part = 0, 1 do
            const vec$T p$(part)_$e = vround_bf16$T($weight(vload$T(&p[pair + $(e * PARTIALS + part)][lane]), m));
            sum$part = vadd$T(sum$part, p$(part)_$e);
% some_steps()
% end
            vstore$T(&p[pair + $(e * PARTIALS)][lane], vpair_bf16$T(p0_$e, p1_$e));
% end
            vstore$T(&t->sums[pair][lane], sum0);
            vstore$T(&t->sums[pair + 1][lane], sum1);
        }
% else
        for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
            const vec$T m = vload$T(&t->state->m[lane]);
            vec$T sum = vzero$T();
% for e = 0, TILE // PARTIALS - 1 do
            const vec$T old$e = vload$T(&p[j + $(e * PARTIALS)][lane]);
            const vec$T p$e = $weight(old$e, m);
            vstore$T(&p[j + $(e * PARTIALS)][lane], $(weighted(e, "j + " .. e * PARTIALS)));
            sum = vadd$T(sum, p$e);
% some_steps()
% end
            vstore$T(&t->sums[j][lane], sum);
        }
% end
% if Q_UNITS % exps > 0 then
% score_steps("        ", steps * exps, UNITS and Q_UNITS or "D_K" .. D)
% end
% if SUM == "ivec" then
% for i = 0, SCORE_KEYS - 1 do
% for v = 0, QUERY_VECTORS - 1 do
        vec$T s$(i)_$v = vfromi$T(n$(i)_$v);
% end
% end
% end
% if K_SCALES_ROWS then
% for i = 0, SCORE_KEYS - 1 do
        const vec$T scale$i = vset$T(t->k_scale[key + $i]);
% for v = 0, QUERY_VECTORS - 1 do
        s$(i)_$v = vmul$T(s$(i)_$v, scale$i);
% end
% end
% end
% if UNITS then
% for v = 0, QUERY_VECTORS - 1 do
        const vec$T factor$v = $(SUM == "ivec" and "vload" .. T .. "(&t->q[" .. Q_UNITS .. "][" .. v * LANES .. "])" or "vset" .. T .. "(scale" .. D .. ")");
% for i = 0, SCORE_KEYS - 1 do
        s$(i)_$v = vmul$T(s$(i)_$v, factor$v);
% end
% end
% end
% if HAS_SCORE then
% for v = 0, QUERY_VECTORS - 1 do
        const ivec$T place$v = iramp$T(block->first + $(v * LANES));
% for i = 0, SCORE_KEYS - 1 do
        s$(i)_$v = score_queries$F(s$(i)_$v, place$v, key0 + key + $i, &block->view$(near(i, v)));
% end
% end
% end
% for v = 0, QUERY_VECTORS - 1 do
        vec$T top$v = j == 0 ? s0_$v : vmax$T(vload$T(&t->tile_max[$(v * LANES)]), s0_$v);
% for i = 0, SCORE_KEYS - 1 do
        vstore$T(&s[key + $i][$(v * LANES)], s$(i)_$v);
% if i > 0 then
        top$v = vmax$T(top$v, s$(i)_$v);
% end
% end
        vstore$T(&t->tile_max[$(v * LANES)], top$v);
% end
    }
}

% end
