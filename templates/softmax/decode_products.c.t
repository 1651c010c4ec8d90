% local width = DECODE_COLUMNS * LANES
% local full = V_ROW // width * width
% local panel_vectors = PANEL // LANES
% local Q_ROW = (D_K + K_PACK - 1) // K_PACK * K_PACK     -- values of a key that share a byte are read together
% -- heads at once: batches of DECODE_HEADS (a group has at least so many), then what is left of a group, the largest first
% local batches = { { name = "", heads = DECODE_HEADS } }
% for rest = DECODE_HEADS - 1, 1, -1 do
%     local occurs = false
%     for _, size in ipairs(GROUP_SIZES) do occurs = occurs or size % DECODE_HEADS == rest end
%     if occurs then batches[#batches + 1] = { name = "_" .. rest, heads = rest } end
% end
% -- where values are parts of keys, the first heads of a tile leave its keys as floats, from which decode_tail.c.t does the rest
% local leaves = V_IN_K and K_STORED ~= "float"
% local firsts = {}
% for _, batch in ipairs(batches) do
%     local begins = batch.heads == DECODE_HEADS
%     for _, size in ipairs(GROUP_SIZES) do begins = begins or size == batch.heads end
%     if begins then firsts[#firsts + 1] = batch end
% end
% -- columns of o at once: whole register tiles, then the rest of the row
% local shapes = {}
% if full > 0 then shapes[1] = { name = "", vectors = DECODE_COLUMNS } end
% if full < V_ROW then shapes[#shapes + 1] = { name = "_columns", vectors = (V_ROW - full) // LANES } end
% -- how a vector of K or V is loaded: in two parts where neighbours along the sum share a byte
% local function loads(type, pack)
%     local load = "vload_" .. type
%     return pack == 1 and { load .. T } or { load .. "_first" .. T, load .. "_second" .. T }
% end
% -- C of the value that a code stands for, where parts of a row have scales
% local function scaled(scales, code, scale, minimum)
%     return scales == 0 and code or scales == 1 and "vmul" .. T .. "(" .. code .. ", " .. scale .. ")"
%         or "vfma" .. T .. "(" .. code .. ", " .. scale .. ", " .. minimum .. ")"
% end
% local k_loads, v_loads = loads(K_TYPE, K_PACK), loads(V_TYPE, V_PACK)
% local k_scales, v_scales = K_SCALES_ROWS and 0 or K_SCALES, V_SCALES_ROWS and 0 or V_SCALES
% -- C of the first of a vector's values in a row d of panels; of a key's columns: in the first strip of V, or in a later one
% local function k_at(j, d) return "block->k[panel + " .. j // panel_vectors .. "][" .. d .. "][lane + " .. j % panel_vectors * LANES .. "]" end
% local function strip_offset(columns) return columns // V_STRIP * (BLOCK // V_PACK * V_STRIP) + columns % V_STRIP end
% local function v_at(j) return "v + " .. (V_PACK == 1 and "key" or "key / 2") .. " * V_STRIP" .. D .. " + " .. strip_offset(j * LANES) end
% local function k_scale(j) return "block->k_scale[panel + " .. j // panel_vectors .. "][0][0][lane + " .. j % panel_vectors * LANES .. "]" end
% local scale_names = { "scale", "minimum" }
% -- what comes next in the cache is asked for meanwhile: lines of 64 bytes in each step of a loop
% local score_keys = DECODE_VECTORS * LANES
% local k_bytes = BLOCK // PANEL * (Q_ROW // K_PACK * K_STORED_BYTES + K_RUNS * K_SCALES * 2) * PANEL
% local v_bytes = BLOCK // V_PACK * V_ROW * V_STORED_BYTES + BLOCK * V_RUNS * V_SCALES * 2
% local score_steps, value_steps = Q_ROW // K_PACK * (BLOCK // score_keys), BLOCK // V_PACK * ((V_ROW + width - 1) // width)
% local score_lines = FETCH * ((v_bytes + 64 * score_steps - 1) // (64 * score_steps))
% local value_lines = FETCH * ((k_bytes + 64 * value_steps - 1) // (64 * value_steps))
% local fetches = FETCH > 0
% -- bytes of the next tile that each head, and each step of its scores, asks for
% local fetch_head = (k_bytes // BLOCK * TILE + GROUP - 1) // GROUP
% local function fetch_step(heads) return (fetch_head * heads * score_keys * K_PACK + Q_ROW * TILE - 1) // (Q_ROW * TILE) end
% local after_given, after = fetches and ", const struct block" .. D .. " *after" or "", fetches and ", after" or ""
% local next_score = fetches and ", next += " .. score_lines * 64 or ""
% if V_IN_K then score_lines = FETCH end
% local next_value = fetches and ", next += " .. value_lines * 64 or ""
/*
** Decode, $TARGET: the heads that share a KV head walk one segment of the keys together. Scores have lanes = keys, o has
** lanes = $(V_IN_K and "heads" or "d_v"); each K and V is read once for all heads.
*/
enum {
    DECODE_Q$F = $Q_ROW      /* floats of a query: D_K, and what a last byte of K holds besides */
};

% for _, batch in ipairs(leaves and firsts or batches) do
% if V_IN_K then next_score = fetches and ", next += " .. fetch_step(batch.heads) or "" end
/*
** s = q k for the tile of keys from `tile` of the block on, $(batch.heads) heads x $(score_keys) keys at once: one FMA chain
** over d for each.
% if leaves then
** The keys stay as floats.
% end
% if fetches then
** Meanwhile $(V_IN_K and "a part of the next tile" or "the tile's V") is fetched.
% end
*/
$FN void decode_scores$(batch.name)$F(const struct block$D *block, int tile, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F]$(leaves and ", float (*restrict floats)[DECODE_Q" .. F .. "][PANEL" .. D .. "]" or "")$(fetches and V_IN_K and ", const char *next" or ""))
{
    for (int key = 0; key < TILE$F; key += $score_keys) {
        const int panel = (tile + key) / PANEL$D, lane = (tile + key) % PANEL$D;
% for h = 0, batch.heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vec$T s$(h)_$j = vzero$T();
% end
% end
% for j = 0, DECODE_VECTORS - 1 do
% for i = 1, k_scales do
        vec$T $(scale_names[i])$j = vzero$T();
% end
% end
% if fetches and not V_IN_K then
        const char *next = (const char *)block->v + (tile + key) / $score_keys * $(Q_ROW // K_PACK * score_lines * 64);
% end
        for (int d = 0; d < D_K$D; d += $K_PACK$next_score) {
% for line = 0, score_lines - 1 do
            ATTN_FETCH(next + $(line * 64));
% end
% if k_scales > 0 then
            if (d % $K_RUN == 0) {
% for j = 0, DECODE_VECTORS - 1 do
% for i = 1, k_scales do
                $(scale_names[i])$j = vload_bfloat$T(&block->k_scale[panel + $(j // panel_vectors)][d / $K_RUN][$(i - 1)][lane + $(j % panel_vectors * LANES)]);
% end
% end
            }
% end
% for part, load in ipairs(k_loads) do
% local at = K_PACK == 1 and "d" or "d / 2"
% for j = 0, DECODE_VECTORS - 1 do
            const vec$T k$(part)_$j = $(scaled(k_scales, load .. "(&" .. k_at(j, at) .. ")", "scale" .. j, "minimum" .. j));
% if leaves then
            vstore$T(&floats[panel - tile / PANEL$D + $(j // panel_vectors)][$(part == 1 and "d" or "d + 1")][lane + $(j % panel_vectors * LANES)], k$(part)_$j);
% end
% end
% for h = 0, batch.heads - 1 do
            const vec$T q$(part)_$h = vset$T(q[$h][$(part == 1 and "d" or "d + 1")]);
% for j = 0, DECODE_VECTORS - 1 do
            s$(h)_$j = vfma$T(q$(part)_$h, k$(part)_$j, s$(h)_$j);
% end
% end
% end
        }
% if K_SCALES_ROWS then
% for j = 0, DECODE_VECTORS - 1 do
        const vec$T scale$j = vload_bfloat$T(&$(k_scale(j)));
% end
% end
% for h = 0, batch.heads - 1 do
% for j = 0, DECODE_VECTORS - 1 do
        vstore$T(&s[$h][key + $(j * LANES)], $(K_SCALES_ROWS and "vmul" .. T .. "(s" .. h .. "_" .. j .. ", scale" .. j .. ")" or "s" .. h .. "_" .. j));
% end
% end
    }
}

% for _, shape in ipairs(V_IN_K and {} or shapes) do
/*
** o += p v over the tile's first `keys` keys, $(batch.heads) heads x $(shape.vectors * LANES) columns: one FMA chain over the
** keys for each.
% if fetches then
** Meanwhile the K of the block after it is fetched.
% end
*/
$FN void decode_values$(batch.name)$(shape.name)$F(const struct block$D *block$after_given, int tile, int32_t keys, int column,
    float (*restrict p)[TILE$F], float (*restrict o)[V_ROW$D])
{
% for h = 0, batch.heads - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(h)_$j = vload$T(&o[$h][column + $(j * LANES)]);
% end
% end
    const $V_STORED *v = &block->v[column / V_STRIP$D][tile$(V_PACK == 1 and "" or " / 2")][column % V_STRIP$D];
% if fetches then
    const char *next = (const char *)after->k + (column / $width * $BLOCK + tile) / $V_PACK * $(value_lines * 64);
% end
    for (int32_t key = 0; key < keys; key += $V_PACK$next_value) {
% for line = 0, value_lines - 1 do
        ATTN_FETCH(next + $(line * 64));
% end
% for part, load in ipairs(v_loads) do
% local at = part == 1 and "key" or "key + 1"
% if part == 2 then
        if (key + 1 == keys)
            break;
% end
% for j = 0, shape.vectors - 1 do
        const vec$T v$(part)_$j = $load($(v_at(j)));
% end
% if v_scales > 0 then
        const uint16_t (*scales$part)[$V_SCALES] = block->v_scale[tile + $at];
% for j = 0, shape.vectors - 1 do
% for i = 1, v_scales do
        const vec$T $(scale_names[i])$(part)_$j = vset$T(attn_scale_value(scales$(part)[(column + $(j * LANES)) / $V_RUN][$(i - 1)]));
% end
        const vec$T value$(part)_$j = $(scaled(v_scales, "v" .. part .. "_" .. j, "scale" .. part .. "_" .. j, "minimum" .. part .. "_" .. j));
% end
% end
% for h = 0, batch.heads - 1 do
        const vec$T p$(part)_$h = vset$T(p[$h][$at]);
% for j = 0, shape.vectors - 1 do
        o$(h)_$j = vfma$T(p$(part)_$h, $(v_scales > 0 and "value" or "v")$(part)_$j, o$(h)_$j);
% end
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
% if not V_IN_K then
/* s = q k of a tile for `heads` heads. */
$FN void decode_scores_heads$F(const struct block$D *block, int tile, int heads, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F])
{
    int done = 0;
% for _, batch in ipairs(batches) do
    for (; done + $(batch.heads) <= heads; done += $(batch.heads))
        decode_scores$(batch.name)$F(block, tile, q + done, s + done);
% end
}

/* o += p v over the tile's first `keys` keys for `heads` heads. */
$FN void decode_values_heads$F(const struct block$D *block$after_given, int tile, int32_t keys, int heads, float (*restrict p)[TILE$F],
    float (*restrict o)[V_ROW$D])
{
    int done = 0;
% for _, batch in ipairs(batches) do
    for (; done + $(batch.heads) <= heads; done += $(batch.heads)) {
% if full > 0 then
        for (int column = 0; column < $full; column += $width)
            decode_values$(batch.name)$F(block$after, tile, keys, column, p + done, o + done);
% end
% if full < V_ROW then
        decode_values$(batch.name)_columns$F(block$after, tile, keys, $full, p + done, o + done);
% end
    }
% end
}

% end
