% if V_IN_K then
% -- what decode does otherwise where values are the last D_V numbers of their keys; decode_products.c.t has the scores of the
% -- first heads, which leave a tile's keys as floats
% local fetches = FETCH > 0
% local panel_vectors, score_keys = PANEL // LANES, DECODE_VECTORS * LANES
% local function name(heads) return heads == DECODE_HEADS and "" or "_" .. heads end
% -- bytes of the next tile that each step of the scores of so many heads asks for
% local function fetch_step(heads) return (FETCH_HEAD * heads * score_keys + D_K * TILE - 1) // (D_K * TILE) end
% local next_given = fetches and ", const char *next" or ""
% local next = fetches and ", next + done * FETCH_HEAD" .. F or ""
% -- vectors of heads at once: VALUE_HEADS of them, then halves of that; columns at once, and those that are left
% local widths, shapes = {}, {}
% local vectors_left, width = HEAD_ROW // LANES, VALUE_HEADS
% while vectors_left > 0 do
%     if vectors_left >= width then widths[#widths + 1] = width end
%     vectors_left, width = vectors_left % width, width // 2
% end
% if D_V >= DECODE_COLUMNS then shapes[1] = DECODE_COLUMNS end
% if D_V % DECODE_COLUMNS > 0 then shapes[#shapes + 1] = D_V % DECODE_COLUMNS end
enum {
% if fetches then
    FETCH_HEAD$F = $FETCH_HEAD,      /* bytes of the next tile that are fetched with the scores of a head */
% end
    HEAD_ROW$F = $HEAD_ROW      /* heads of a group, padded to whole vectors */
};

% for _, heads in ipairs(LEAVES_FLOATS and LATER_BATCHES or {}) do
/* The same for $heads heads more, from the tile's keys as floats$(K_SCALES_ROWS and ", which k_scale scales" or ""). */
$FN void decode_more$(name(heads))$F(const float *restrict k$(K_SCALES_ROWS and ", const uint16_t *restrict k_scale" or "")$next_given, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F])
{
    for (int key = 0; key < TILE$F; key += $score_keys) {
        const float *panel = k + key / PANEL$D * DECODE_Q$F * PANEL$D + key % PANEL$D;
% for h = 0, heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vec$T s$(h)_$j = vzero$T();
% end
% end
        for (int d = 0; d < D_K$D; d++, panel += PANEL$D$(fetches and ", next += " .. fetch_step(heads) or "")) {
% if fetches then
            ATTN_FETCH(next);
% end
% for j = 0, DECODE_VECTORS - 1 do
            const vec$T k$j = vload$T(panel + $(j // panel_vectors) * DECODE_Q$F * PANEL$D + $(j % panel_vectors * LANES));
% end
% for h = 0, heads - 1 do
            const vec$T q$h = vset$T(q[$h][d]);
% for j = 0, DECODE_VECTORS - 1 do
            s$(h)_$j = vfma$T(q$h, k$j, s$(h)_$j);
% end
% end
        }
% if K_SCALES_ROWS then
% for j = 0, DECODE_VECTORS - 1 do
        const vec$T scale$j = vload_bfloat$T(&k_scale[key + $(j * LANES)]);
% end
% end
% for h = 0, heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vstore$T(&s[$h][key + $(j * LANES)], $(K_SCALES_ROWS and "vmul" .. T .. "(s" .. h .. "_" .. j .. ", scale" .. j .. ")" or "s" .. h .. "_" .. j));
% end
% end
    }
}

% end
/* s = q k of a tile for `heads` heads$(LEAVES_FLOATS and ", and its keys as floats" or ""). */
$FN void decode_scores_heads$F(const struct block$D *block$(fetches and ", const struct block" .. D .. " *after" or ""), int tile, int heads, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F]$(LEAVES_FLOATS and ", float (*restrict floats)[DECODE_Q" .. F .. "][PANEL" .. D .. "]" or ""))
{
% if fetches then
    const char *next = tile + TILE$F < BLOCK$D ? (const char *)block->k + (tile + TILE$F) * $K_BYTES : (const char *)after->k;
% end
% if not LEAVES_FLOATS then
    int done = 0;
% for _, many in ipairs(HEAD_BATCHES) do
    for (; done + $many <= heads; done += $many)
        decode_scores$(name(many))$F(block, tile, q + done, s + done$next);
% end
% else
% for i, many in ipairs(FIRST_BATCHES) do
    $(i > 1 and "else " or "")if (heads >= $many)
        decode_scores$(name(many))$F(block, tile, q, s, floats$(fetches and ", next" or ""));
% end
% if #LATER_BATCHES > 0 then
    const float *k = &floats[0][0][tile % PANEL$D];
% if K_SCALES_ROWS then
    const uint16_t *k_scale = &block->k_scale[tile / PANEL$D][0][0][tile % PANEL$D];      /* runs on through the panels */
% end
    int done = $DECODE_HEADS;
% for _, many in ipairs(LATER_BATCHES) do
    for (; done + $many <= heads; done += $many)
        decode_more$(name(many))$F(k$(K_SCALES_ROWS and ", k_scale" or "")$next, q + done, s + done);
% end
% end
% end
}

/* p[key][head] = s[head][key] */
$FN void decode_turn$F(float (*restrict s)[TILE$F], float (*restrict p)[HEAD_ROW$F])
{
    for (int head = 0; head < HEAD_ROW$F; head += $LANES)
        for (int key = 0; key < TILE$F; key += $LANES)
            vtranspose$T(&s[head][key], TILE$F, &p[key][head], HEAD_ROW$F);
}

/* o *= alpha, where some head's is not 1. */
$FN void decode_rescale$F(const float *restrict alpha, int heads, float (*restrict o)[HEAD_ROW$F])
{
    int head = 0;
    while (head < heads && alpha[head] == 1.0f)
        head++;
    if (head == heads)
        return;
    for (int column = 0; column < D_V$D; column++)
        for (head = 0; head < HEAD_ROW$F; head += $LANES)
            vstore$T(&o[column][head], vmul$T(vload$T(&o[column][head]), vload$T(alpha + head)));
}

% for _, vectors in ipairs(widths) do
% for _, columns in ipairs(shapes) do
/*
** o += p v over `keys` keys, $columns columns x $(vectors * LANES) heads: one FMA chain over the keys for each. v and o start
** at the first column, p and o at the first head, v at the first key, which is its panel's `lane`.
*/
$FN void decode_values_$(vectors)_$columns$F(const float *restrict v, int lane, int32_t keys, const float *restrict p,
    float *restrict o)
{
% for i = 0, columns - 1 do
% for j = 0, vectors - 1 do
    vec$T o$(i)_$j = vload$T(o + $i * HEAD_ROW$F + $(j * LANES));
% end
% end
    for (int32_t left = keys; left > 0; v += DECODE_Q$F * PANEL$D - lane, lane = 0) {
        const int32_t many = left < PANEL$D - lane ? left : PANEL$D - lane;
        const float *column = v;
        for (const float *end = v + many; column < end; column++, p += HEAD_ROW$F) {
% for j = 0, vectors - 1 do
            const vec$T p$j = vload$T(p + $(j * LANES));
% end
% for i = 0, columns - 1 do
            const vec$T v$i = vset$T(column[$i * PANEL$D]);
% for j = 0, vectors - 1 do
            o$(i)_$j = vfma$T(p$j, v$i, o$(i)_$j);
% end
% end
        }
        left -= many;
    }
% for i = 0, columns - 1 do
% for j = 0, vectors - 1 do
    vstore$T(o + $i * HEAD_ROW$F + $(j * LANES), o$(i)_$j);
% end
% end
}

% end
% end
/* o += p v over a tile's first `keys` keys, from its first panel on, whose `lane` the first key is. */
$FN void decode_values_heads$F(const $(LEAVES_FLOATS and "float" or K_STORED) (*restrict panel)[PANEL$D], int lane, int32_t keys, float (*restrict p)[HEAD_ROW$F],
    float (*restrict o)[HEAD_ROW$F])
{
    const float *v = &panel[D_K$D - D_V$D][lane];
    int head = 0;
% for _, vectors in ipairs(widths) do
    for (; head + $(vectors * LANES) <= HEAD_ROW$F; head += $(vectors * LANES)) {
        int column = 0;
% for _, columns in ipairs(shapes) do
        for (; column + $columns <= D_V$D; column += $columns)
            decode_values_$(vectors)_$columns$F(v + column * PANEL$D, lane, keys, &p[0][head], &o[column][head]);
% end
    }
% end
}

/* o of a head, lanes = d_v: the first of a vector of heads turns them all into `row`. */
$FN const float *decode_row$F(float (*restrict o)[HEAD_ROW$F], int head, float (*restrict row)[V_ROW$D])
{
    if (head % $LANES == 0)
        for (int d = 0; d < V_ROW$D; d += $LANES)
            vtranspose$T(&o[d][head], HEAD_ROW$F, &row[0][d], V_ROW$D);
    return row[head % $LANES];
}

% end
