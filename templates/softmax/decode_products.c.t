% local panel_vectors = PANEL // LANES
% local Q_ROW = (D_K + K_PACK - 1) // K_PACK * K_PACK     -- values of a key that share what is stored are read together
% -- the block that follows in the cache is asked for meanwhile, by whole lines: so many of 64 bytes in each step of a loop, at most
% local function lines(bytes, steps) return (bytes + 64 * steps - 1) // (64 * steps) end
% -- a register tile of so many rows, vectors of keys and vectors of columns; columns are whole tiles, then the rest of the row
% local function batch(name, rows, vectors, columns, fetch)
%     local keys, width = vectors * LANES, columns * LANES
%     local full = V_ROW // width * width
%     local shapes = {}
%     if full > 0 then shapes[1] = { name = "", vectors = columns } end
%     if full < V_ROW then shapes[#shapes + 1] = { name = "_columns", vectors = (V_ROW - full) // LANES } end
%     return {
%         name = name, rows = rows, vectors = vectors, keys = keys, width = width, full = full, shapes = shapes, fetches = fetch > 0,
%         score_lines = V_IN_K and fetch or fetch * lines(K_BYTES * BLOCK, Q_ROW // K_PACK * (BLOCK // keys)),
%         value_lines = fetch * lines(V_BYTES * BLOCK, BLOCK // V_PACK * ((V_ROW + width - 1) // width))
%     }
% end
% -- one query's heads; where values are parts of keys, the first ones of a tile, and decode_tail.c.t does the rest
% local alone = {}
% for i, rows in ipairs(LEAVES_FLOATS and FIRST_BATCHES or HEAD_BATCHES) do
%     alone[i] = batch(rows == DECODE_HEADS and "" or "_" .. rows, rows, DECODE_VECTORS, DECODE_COLUMNS, FETCH)
% end
% -- rows of several queries: batches of APPEND_ROWS, and of half as many for the last ones
% local together = V_IN_K and {} or { batch("_rows", APPEND_ROWS, APPEND_VECTORS, APPEND_COLUMNS, APPEND_FETCH) }
% if APPEND_ROWS > 1 and not V_IN_K then together[2] = batch("_few_rows", APPEND_ROWS // 2, APPEND_VECTORS, APPEND_COLUMNS, APPEND_FETCH) end
% local batches = {}
% for _, list in ipairs { alone, together } do
%     for _, own in ipairs(list) do batches[#batches + 1] = own end
% end
% -- C of the value that a code stands for, where parts of a row have scales
% local function scaled(scales, code, scale, minimum)
%     return scales == 0 and code or scales == 1 and "vmul" .. T .. "(" .. code .. ", " .. scale .. ")"
%         or "vfma" .. T .. "(" .. code .. ", " .. scale .. ", " .. minimum .. ")"
% end
% -- C of the first of a vector's values in a row d of panels; of a key's columns: in the first strip of V, or in a later one
% local function k_at(j, d) return "block->k[panel + " .. j // panel_vectors .. "][" .. d .. "][lane + " .. j % panel_vectors * LANES .. "]" end
% local function strip_offset(columns) return columns // V_STRIP * (BLOCK // V_PACK * V_STRIP) + columns % V_STRIP end
% local function v_at(j) return "v + " .. (V_PACK == 1 and "key" or "key / " .. V_PACK) .. " * V_STRIP" .. D .. " + " .. strip_offset(j * LANES) end
% local function k_scale(j) return "block->k_scale[panel + " .. j // panel_vectors .. "][0][0][lane + " .. j % panel_vectors * LANES .. "]" end
% local scale_names = { "scale", "minimum" }
% -- scales of V that belong to a part of a row come as floats
% local row_scales = V_RUNS * V_RUN_SCALES
% local scales = row_scales > 0 and "scales, " or ""
% local scales_given = row_scales > 0 and "const float (*restrict scales)[" .. row_scales .. "], " or ""
% -- C of a score of row r, vector j: its sum, times what scales the key, times what scales the query
% local function score(r, j)
%     local sum = "s" .. r .. "_" .. j
%     if SUM == "ivec" then sum = "vfromi" .. T .. "(" .. sum .. ")" end
%     if K_SCALES_ROWS then sum = "vmul" .. T .. "(" .. sum .. ", scale" .. j .. ")" end
%     if UNITS then sum = "vmul" .. T .. "(" .. sum .. ", vset" .. T .. "(" .. (SUM == "ivec" and "q[" .. r .. "][" .. Q_UNITS .. "]" or "scale" .. D) .. "))" end
%     return sum
% end
% -- bytes of the next tile that each step of the scores of so many heads asks for
% local function fetch_step(heads) return (FETCH_HEAD * heads * DECODE_VECTORS * LANES * K_PACK + Q_ROW * TILE - 1) // (Q_ROW * TILE) end
/*
** Decode, $TARGET: rows are queries of the heads that share a KV head. They walk one segment of the keys together, so
** that each K and V is read once for all of them. Scores have lanes = keys, o has lanes = $(V_IN_K and "heads" or "d_v").
*/
enum {
% if UNITS then
    DECODE_Q$F = $Q_FLOATS      /* floats of a query, before it becomes units */
% else
    DECODE_Q$F = $Q_ROW      /* floats of a query: D_K, and what a last byte of K holds besides */
% end
};

% -- C of o += p v for a unit of V, whose second value may be left out
% local function add_unit(shape, batch, half)
% for j = 0, shape.vectors - 1 do
% local load = "iload_u32" .. T .. "(" .. v_at(j) .. ")"
        const ivec$T v$j = $(half and "iand" .. T .. "(" .. load .. ", kept)" or load);
% end
% for r = 0, batch.rows - 1 do
        const ivec$T p$r = iset_unit$T(p[$r][key / 2]);
% for j = 0, shape.vectors - 1 do
        o$(r)_$j = $V_PRODUCT$T(v$j, p$r, o$(r)_$j);
% end
% end
% end
% for _, batch in ipairs(batches) do
% local next_step = batch.fetches and (V_IN_K and ", next += " .. fetch_step(batch.rows) or ", next += step") or ""
% local next_given = batch.fetches and (V_IN_K and ", const char *next" or ", const char *next, int step") or ""
/*
** s = q k for the tile of keys from `tile` of the block on, $(batch.rows) rows x $(batch.keys) keys at once: one FMA chain
** over d for each.
% if LEAVES_FLOATS then
** The keys stay as floats.
% end
% if batch.fetches then
** Meanwhile a part of the next $(V_IN_K and "tile" or "block's K") is fetched.
% end
*/
$FN void decode_scores$(batch.name)$F(const struct block$D *block, int tile, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F]$(LEAVES_FLOATS and ", float (*restrict floats)[DECODE_Q" .. F .. "][PANEL" .. D .. "]" or "")$next_given)
{
    for (int key = 0; key < TILE$F; key += $(batch.keys)) {
        const int panel = (tile + key) / PANEL$D, lane = (tile + key) % PANEL$D;
% for r = 0, batch.rows - 1 do
% for j = 0, batch.vectors - 1 do
        $SUM$T s$(r)_$j = $(SUM == "ivec" and "iset_unit" .. T .. "(q[" .. r .. "][" .. Q_UNITS + 1 .. "])" or "vzero" .. T .. "()");
% end
% end
% for j = 0, batch.vectors - 1 do
% for i = 1, K_RUN_SCALES do
        vec$T $(scale_names[i])$j = vzero$T();
% end
% end
        for (int d = 0; d < D_K$D; d += $K_PACK$next_step) {
% for line = 0, batch.score_lines - 1 do
            ATTN_FETCH(next + $(line * 64));
% end
% if K_RUN_SCALES > 0 then
            if (d % $K_RUN == 0) {
% for j = 0, batch.vectors - 1 do
% for i = 1, K_RUN_SCALES do
                $(scale_names[i])$j = vload_bfloat$T(&block->k_scale[panel + $(j // panel_vectors)][d / $K_RUN][$(i - 1)][lane + $(j % panel_vectors * LANES)]);
% end
% end
            }
% end
% for part, load in ipairs(K_LOADS) do
% local at = K_PACK == 1 and "d" or "d / " .. K_PACK
% for j = 0, batch.vectors - 1 do
            const $PART$T k$(part)_$j = $(scaled(K_RUN_SCALES, load .. T .. "(&" .. k_at(j, at) .. ")", "scale" .. j, "minimum" .. j));
% if LEAVES_FLOATS then
            vstore$T(&floats[panel - tile / PANEL$D + $(j // panel_vectors)][$(part == 1 and "d" or "d + 1")][lane + $(j % panel_vectors * LANES)], k$(part)_$j);
% end
% end
% for r = 0, batch.rows - 1 do
            const $PART$T q$(part)_$r = $Q_SET$T(q[$r][$(UNITS and at or part == 1 and "d" or "d + 1")]);
% for j = 0, batch.vectors - 1 do
            s$(r)_$j = $PRODUCT$T($(UNITS and "k" .. part .. "_" .. j .. ", q" .. part .. "_" .. r or "q" .. part .. "_" .. r .. ", k" .. part .. "_" .. j), s$(r)_$j);
% end
% end
% end
        }
% if K_SCALES_ROWS then
% for j = 0, batch.vectors - 1 do
        const vec$T scale$j = vload_bfloat$T(&$(k_scale(j)));
% end
% end
% for r = 0, batch.rows - 1 do
% for j = 0, batch.vectors - 1 do
        vstore$T(&s[$r][key + $(j * LANES)], $(score(r, j)));
% end
% end
    }
}

% for _, shape in ipairs(V_IN_K and {} or batch.shapes) do
/*
** o += p v over the tile's first `keys` keys, $(batch.rows) rows x $(shape.vectors * LANES) columns: one FMA chain over the
** keys for each.
% if batch.fetches then
** Meanwhile a part of the next block's V is fetched.
% end
*/
$FN void decode_values$(batch.name)$(shape.name)$F(const struct block$D *block, int tile, int32_t keys, int column,
    $(scales_given)float (*restrict p)[TILE$F], float (*restrict o)[V_ROW$D]$next_given)
{
% for r = 0, batch.rows - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(r)_$j = vload$T(&o[$r][column + $(j * LANES)]);
% end
% end
    const $V_STORED *v = &block->v[column / V_STRIP$D][tile$(V_PACK == 1 and "" or " / " .. V_PACK)][column % V_STRIP$D];
% if UNIT_VALUES then
    int32_t key = 0;
    for (; key + 1 < keys; key += $V_PACK$next_step) {
% for line = 0, batch.value_lines - 1 do
        ATTN_FETCH(next + $(line * 64));
% end
% add_unit(shape, batch, false)
    }
    if (key < keys) {                        /* of the last unit, one value is there */
        const ivec$T kept = iset$T(0xffff);
% add_unit(shape, batch, true)
    }
% else
    for (int32_t key = 0; key < keys; key += $V_PACK$next_step) {
% for line = 0, batch.value_lines - 1 do
        ATTN_FETCH(next + $(line * 64));
% end
% for part, load in ipairs(V_LOADS) do
% local at = part == 1 and "key" or "key + 1"
% if part == 2 then
        if (key + 1 == keys)
            break;
% end
% for j = 0, shape.vectors - 1 do
        const vec$T v$(part)_$j = $load$T($(v_at(j)));
% end
% if V_RUN_SCALES > 0 then
        const float *scales$part = scales[$at];
% for j = 0, shape.vectors - 1 do
% for i = 1, V_RUN_SCALES do
        const vec$T $(scale_names[i])$(part)_$j = vset$T(scales$(part)[(column + $(j * LANES)) / $V_RUN * $V_RUN_SCALES$(i > 1 and " + 1" or "")]);
% end
        const vec$T value$(part)_$j = $(scaled(V_RUN_SCALES, "v" .. part .. "_" .. j, "scale" .. part .. "_" .. j, "minimum" .. part .. "_" .. j));
% end
% end
% for r = 0, batch.rows - 1 do
        const vec$T p$(part)_$r = vset$T(p[$r][$at]);
% for j = 0, shape.vectors - 1 do
        o$(r)_$j = vfma$T(p$(part)_$r, $(V_RUN_SCALES > 0 and "value" or "v")$(part)_$j, o$(r)_$j);
% end
% end
% end
    }
% end
% for r = 0, batch.rows - 1 do
% for j = 0, shape.vectors - 1 do
    vstore$T(&o[$r][column + $(j * LANES)], o$(r)_$j);
% end
% end
}

% end
% end
% if not V_IN_K then
% -- C of the calls of one register tile after another for all rows; together, the last ones are filled up with rows of 0
% local function all_rows(list, indent, call, share)
% for i, batch in ipairs(list) do
% local enough = list == alone and batch.rows - 1 or i < #list and list[i + 1].rows or 0
% local loop = "for (; done + " .. enough .. " < rows; done += " .. batch.rows .. (batch.fetches and ", next += " .. share .. " * step)" or ")")
$(indent)$loop
$(indent)    $(call(batch))
% end
% end
% -- C of what is asked for meanwhile: `bytes` from `from` on, of which each step of each register tile has its part
% local function fetch(list, bytes, from, steps)
% local batch = list[1].rows
% if list[1].fetches and list == alone and not PRUNED then
    const int step = $(64 * lines(bytes, (GROUP + batch - 1) // batch * steps));
% elseif list[1].fetches then
    const int steps = (rows + $(batch - 1)) / $batch * $steps, step = ($bytes + 64 * steps - 1) / (64 * steps) * 64;
% end
% if list[1].fetches then
    const char *next = (const char *)$from;
% end
% end
% for _, kind in ipairs { { alone, "alone", "the heads of one query" }, { together, "together", "rows of several queries" } } do
% local list, name, rows = kind[1], kind[2], kind[3]
% local given, after = list[1].fetches and ", next, step" or "", list[1].fetches and "const struct block" .. D .. " *after, " or ""
% local keys, width, full = list[1].keys, list[1].width, list[1].full
% local score_steps, value_steps = Q_ROW // K_PACK * (TILE // keys), TILE // V_PACK
/* s = q k of a tile for $rows$(list[1].fetches and "; K of the block after it is fetched meanwhile" or ""). */
$FN void decode_scores_$(name)$F(const struct block$D *block, $(after)int tile, int rows, float (*restrict q)[DECODE_Q$F],
    float (*restrict s)[TILE$F])
{
    int done = 0;
% fetch(list, K_BYTES * TILE, "after->k + tile * " .. K_BYTES, score_steps)
% all_rows(list, "    ", function(batch) return "decode_scores" .. batch.name .. F .. "(block, tile, q + done, s + done" .. given .. ");" end, score_steps)
}

/* o += p v over the tile's first `keys` keys for $rows$(list[1].fetches and "; V of the block after it is fetched meanwhile" or ""). */
$FN void decode_values_$(name)$F(const struct block$D *block, $(after)int tile, int32_t keys, int rows,
    $(scales_given)float (*restrict p)[TILE$F], float (*restrict o)[V_ROW$D])
{
    int done;
% fetch(list, V_BYTES * TILE, "after->v + tile * " .. V_BYTES, (V_ROW + width - 1) // width * value_steps)
% if full > 0 then
    for (int column = 0; column < $full; column += $width) {
        done = 0;
% all_rows(list, "        ", function(batch) return "decode_values" .. batch.name .. F .. "(block, tile, keys, column, " .. scales .. "p + done, o + done" .. given .. ");" end, value_steps)
    }
% end
% if full < V_ROW then
    done = 0;
% all_rows(list, "    ", function(batch) return "decode_values" .. batch.name .. "_columns" .. F .. "(block, tile, keys, " .. full .. ", " .. scales .. "p + done, o + done" .. given .. ");" end, value_steps)
% end
}

% end
% end
