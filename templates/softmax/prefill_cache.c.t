% local panel_vectors = PANEL // LANES
% -- C of the value that a code stands for, where parts of a row have scales
% local function scaled(scales, code, scale, minimum)
%     return scales == 0 and code or scales == 1 and "vmul" .. T .. "(" .. code .. ", " .. scale .. ")"
%         or "vfma" .. T .. "(" .. code .. ", " .. scale .. ", " .. minimum .. ")"
% end
% local scale_names = { "scale", "minimum" }
% if not K_DIRECT then
/* A panel of K as floats. */
$FN void prefill_panel$F(const struct block$D *block, int panel, float (*restrict to)[PANEL$D])
{
% for j = 0, panel_vectors - 1 do
% for i = 1, K_RUN_SCALES do
    vec$T $(scale_names[i])$j = vzero$T();
% end
% end
    for (int d = 0; d < D_K$D; d += $K_PACK) {
% if K_RUN_SCALES > 0 then
        if (d % $K_RUN == 0) {
% for j = 0, panel_vectors - 1 do
% for i = 1, K_RUN_SCALES do
            $(scale_names[i])$j = vload_bfloat$T(&block->k_scale[panel][d / $K_RUN][$(i - 1)][$(j * LANES)]);
% end
% end
        }
% end
% for part, load in ipairs(K_LOADS) do
% if part == 2 and D_K % 2 == 1 then
        if (d + 1 == D_K$D)
            continue;
% end
% for j = 0, panel_vectors - 1 do
        const vec$T k$(part)_$j = $load$T(&block->k[panel][$(K_PACK == 1 and "d" or "d / 2")][$(j * LANES)]);
        vstore$T(&to[$(part == 1 and "d" or "d + 1")][$(j * LANES)], $(scaled(K_RUN_SCALES, "k" .. part .. "_" .. j, "scale" .. j, "minimum" .. j)));
% end
% end
    }
}

% end
% if not K_DIRECT or K_SCALES_ROWS then
% if K_DIRECT then
/* What scales K of the tile at key0. */
% else
/* K of the tile at key0 as floats, in panels as before: converted once for all queries of a block. */
% end
$FN void prefill_keys$F(const struct block$D *block, int32_t key0, struct prefill_scratch$F *t)
{
    const int start = key0 % BLOCK$D;
% if not K_DIRECT then
    for (int key = 0; key < TILE$F; key += PANEL$D)
        prefill_panel$F(block, (start + key) / PANEL$D, t->k[key / PANEL$D]);
% end
% if K_SCALES_ROWS then
    for (int key = 0; key < TILE$F; key += $LANES)
        vstore$T(&t->k_scale[key], vload_bfloat$T(&block->k_scale[(start + key) / PANEL$D][0][0][(start + key) % PANEL$D]));
% end
}

% end
% if V_IN_K then
% local whole = D_V // LANES * LANES
/* V of a tile, in rows: the last D_V numbers of its keys, from lane `lane` of their panels on. */
$FN void tail_rows$F(const float *restrict k, int lane, float (*restrict v)[V_ROW$D])
{
    for (int key = 0; key < TILE$F; key += $LANES) {
        const int first = (lane + key) / PANEL$D * D_K$D + D_K$D - D_V$D;
        const float *tail = k + first * PANEL$D + (lane + key) % PANEL$D;
% if whole > 0 then
        for (int column = 0; column < $whole; column += $LANES)
            vtranspose$T(tail + column * PANEL$D, PANEL$D, &v[key][column], V_ROW$D);
% end
% if whole < V_ROW then
        for (int i = 0; i < $LANES; i++)
            for (int column = $whole; column < V_ROW$D; column++)
                v[key + i][column] = $(whole < D_V and "column < D_V" .. D .. " ? tail[column * PANEL" .. D .. " + i] : 0.0f" or "0.0f");
% end
    }
}

% if K_SCALES_ROWS then
/* The scales of a tile's keys, which are those of their values. */
$FN void tail_scales$F(const struct block$D *block, int32_t key0, float *restrict scale)
{
    const int start = key0 % BLOCK$D;
    for (int key = 0; key < TILE$F; key += $LANES)
        vstore$T(scale + key, vload_bfloat$T(&block->k_scale[(start + key) / PANEL$D][0][0][(start + key) % PANEL$D]));
}

% end
% elseif not V_DIRECT then
/* V of the tile's first `keys` keys as floats, in rows as before. */
$FN void prefill_rows$F(const struct block$D *block, int32_t key0, int32_t keys, struct prefill_scratch$F *t)
{
    const int32_t start = key0 % BLOCK$D;
% if V_SCALES_ROWS then
    for (int key = 0; key < TILE$F; key += $LANES)
        vstore$T(&t->v_scale[key], vload_bfloat$T(&block->v_scale[start + key][0][0]));
% end
% for part, load in ipairs(V_LOADS) do
    for (int32_t key = $(part - 1); key < keys; key += $V_PACK)
        for (int column = 0; column < V_ROW$D; column += $LANES) {
% if V_RUN_SCALES > 0 then
            const uint16_t *scales = block->v_scale[start + key][column / $V_RUN];
% end
            const vec$T v = $load$T(&block->v[column / V_STRIP$D][$(V_PACK == 1 and "start + key" or "(start + key) / 2")][column % V_STRIP$D]);
% for i = 1, V_RUN_SCALES do
            const vec$T $(scale_names[i]) = vset$T(attn_scale_value(scales[$(i - 1)]));
% end
            vstore$T(&t->v[key][column], $(scaled(V_RUN_SCALES, "v", "scale", "minimum")));
        }
% end
}

% end
