% local width = DECODE_COLUMNS * LANES
% local full = V_ROW // width * width
% local panel_vectors, partial_vectors = PANEL // LANES, PARTIALS // LANES
% -- where values are parts of keys, a tile's K and V become floats once for all heads, and are read from there
% local K_PACK, V_PACK, FETCH = V_IN_K and 1 or K_PACK, V_IN_K and 1 or V_PACK, V_IN_K and 0 or FETCH
% local Q_ROW = (D_K + K_PACK - 1) // K_PACK * K_PACK     -- values of a key that share a byte are read together
% -- heads at once: batches of DECODE_HEADS (a group has at least so many), then what is left of a group, the largest first
% local batches = { { name = "", heads = DECODE_HEADS } }
% for rest = DECODE_HEADS - 1, 1, -1 do
%     local occurs = false
%     for _, size in ipairs(GROUP_SIZES) do occurs = occurs or size % DECODE_HEADS == rest end
%     if occurs then batches[#batches + 1] = { name = "_" .. rest, heads = rest } end
% end
% local function first(kv_head) return PRUNED and "group" .. D .. "[" .. kv_head .. "]" or kv_head .. " * GROUP" .. D end
% local function heads(first) return PRUNED and "heads_of_group" .. D .. "(" .. first .. ")" or "GROUP" .. D end
% local function number(head) return PRUNED and "head" .. D .. "[" .. head .. "]" or head end
% -- columns of o at once: whole register tiles, then the rest of the row
% local shapes = {}
% if full > 0 then shapes[1] = { name = "", vectors = DECODE_COLUMNS } end
% if full < V_ROW then shapes[#shapes + 1] = { name = "_columns", vectors = (V_ROW - full) // LANES } end
/*
** Decode, $TARGET: one query of the $(PRUNED and "1 to " or "")$GROUP heads that share a KV head walks one segment of the
** keys. Scores have lanes = keys, o has lanes = d_v; each K and V is read once for the group.
*/
struct decode_scratch$F {
    float q[GROUP$D][$Q_ROW];             /* rotated, times SCALE */
    float s[GROUP$D][TILE$F];            /* scores of a tile, then weights p */
    float o[GROUP$D][V_ROW$D];
    float m[GROUP$D], l[GROUP$D];
% if V_IN_K then
% if K_STORED ~= "float" then
    float k[$((TILE + PANEL - 1) // PANEL)][D_K$D][PANEL$D];   /* the panels of a tile, as floats */
% end
    float v[TILE$F][V_ROW$D];            /* and its rows of V */
% end
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial$F {
    float o[V_ROW$D];
    float m, l;
};

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
% local score_source, value_source = "const struct block" .. D .. " *block", "const struct block" .. D .. " *block"
% local scores_of, values_of, tile_of = "block", "block", "tile"
% if V_IN_K then
%     k_loads, v_loads, k_scales, v_scales = { "vload" .. T }, { "vload" .. T }, 0, 0
%     scores_of, values_of, tile_of = "k", "t->v[0]", "tile % PANEL" .. D
%     score_source, value_source = "const float *restrict k", "const float *restrict v"
%     k_at = function(j, d) return "k[((panel + " .. j // panel_vectors .. ") * D_K" .. D .. " + " .. d .. ") * PANEL" .. D .. " + lane + " .. j % panel_vectors * LANES .. "]" end
%     v_at = function(j) return "v + (tile + key) * V_ROW" .. D .. " + column + " .. j * LANES end
%     if K_SCALES_ROWS then
%         k_scale = function(j) return "k_scale[key + " .. j * LANES .. "]" end
%         score_source, scores_of = score_source .. ", const uint16_t *restrict k_scale", scores_of .. ", k_scale"
%     end
% end
% local scale_names = { "scale", "minimum" }
% -- what comes next in the cache is asked for meanwhile: lines of 64 bytes in each step of a loop
% local score_keys = DECODE_VECTORS * LANES
% local k_bytes = BLOCK // PANEL * (Q_ROW // K_PACK * K_STORED_BYTES + K_RUNS * K_SCALES * 2) * PANEL
% local v_bytes = BLOCK // V_PACK * V_ROW * V_STORED_BYTES + BLOCK * V_RUNS * V_SCALES * 2
% local score_steps, value_steps = Q_ROW // K_PACK * (BLOCK // score_keys), BLOCK // V_PACK * ((V_ROW + width - 1) // width)
% local score_lines = FETCH * ((v_bytes + 64 * score_steps - 1) // (64 * score_steps))
% local value_lines = FETCH * ((k_bytes + 64 * value_steps - 1) // (64 * value_steps))
% local fetches = FETCH > 0
% local next_score = fetches and ", next += " .. score_lines * 64 or ""
% local next_value = fetches and ", next += " .. value_lines * 64 or ""
% for _, batch in ipairs(batches) do
/*
** s = q k for the tile of keys from `tile` of the block on, $(batch.heads) heads x $(score_keys) keys at once: one FMA chain
** over d for each.
% if fetches then
** Meanwhile the tile's V is fetched.
% end
*/
$FN void decode_scores$(batch.name)$F($score_source, int tile, float (*restrict q)[$Q_ROW],
    float (*restrict s)[TILE$F])
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
% if fetches then
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

% for _, shape in ipairs(shapes) do
/*
** o += p v over the tile's first `keys` keys, $(batch.heads) heads x $(shape.vectors * LANES) columns: one FMA chain over the
** keys for each.
% if fetches then
** Meanwhile the K of the next block is fetched.
% end
*/
$FN void decode_values$(batch.name)$(shape.name)$F($value_source, int tile, int32_t keys, int column,
    float (*restrict p)[TILE$F], float (*restrict o)[V_ROW$D])
{
% for h = 0, batch.heads - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(h)_$j = vload$T(&o[$h][column + $(j * LANES)]);
% end
% end
% if not V_IN_K then
    const $V_STORED *v = &block->v[column / V_STRIP$D][tile$(V_PACK == 1 and "" or " / 2")][column % V_STRIP$D];
% end
% if fetches then
    const char *next = (const char *)(block + 1) + (column / $width * $BLOCK + tile) / $V_PACK * $(value_lines * 64);
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
% if HAS_SCORE then
/* What becomes of s = scale q k for the query at `place`. */
$FN void decode_score$F(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE$F; key += $LANES)
        vstore$T(s + key, score_keys$F(vload$T(s + key), place, iramp$T(key0 + key), view));
}

% end
/* Hides what the query at `place` does not see. */
$FN void decode_mask$F(float *s, int32_t key0, int32_t place, const struct attn_view *view)
{
    for (int key = 0; key < TILE$F; key += $LANES) {
        const mask$T sees = sees_keys$F(place, iramp$T(key0 + key), view);
        vstore$T(s + key, vselect$T(sees, vload$T(s + key), vset$T(ATTN_HIDDEN)));
    }
}

/*
** s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill.
% if V_SCALES_ROWS then
** Then each p is multiplied by the scale of its key's v.
% end
*/
% if V_SCALES_ROWS then
$FN void decode_softmax$F(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o, const uint16_t *v_scale)
% else
$FN void decode_softmax$F(float *restrict s, float *restrict m, float *restrict l,
    float *restrict o)
% end
{
% if NORMALIZE == "softmax" then
    vec$T top = vload$T(s);
    for (int key = $LANES; key < TILE$F; key += $LANES)
        top = vmax$T(top, vload$T(s + key));
    const float tile_max = vlargest$T(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec$T alpha = vexp2_exact$T(vset$T(*m - tile_max));
        *l = vfirst$T(vmul$T(vset$T(*l), alpha));
        for (int d = 0; d < V_ROW$D; d += $LANES)
            vstore$T(o + d, vmul$T(vload$T(o + d), alpha));
        *m = tile_max;
    }
% else
    (void)o;
% end
    const vec$T base = vset$T(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
% for j = 0, partial_vectors - 1 do
    vec$T sum$j = vzero$T();
% end
    for (int key = 0; key < TILE$F; key += PARTIALS$F) {
% for j = 0, partial_vectors - 1 do
        const vec$T s$j = vload$T(s + key + $(j * LANES));
        const mask$T seen$j = vgreater$T(s$j, vset$T(ATTN_HIDDEN));
        const vec$T p$j = vselect$T(seen$j, weight$F(s$j, base), vzero$T());
        vstore$T(s + key + $(j * LANES), $(V_SCALES_ROWS and "vmul" .. T .. "(p" .. j .. ", vload_bfloat" .. T .. "(v_scale + key + " .. j * LANES .. "))" or "p" .. j));
        sum$j = vadd$T(sum$j, p$j);
% end
    }
% local half = partial_vectors // 2
% while half > 0 do
% for j = 0, half - 1 do
    sum$j = vadd$T(sum$j, sum$(j + half));
% end
% half = half // 2
% end
    *l += vsum$T(sum0);
}

/* One tile of keys, from key0 on, for the query at `place`; view->h is the group's first head. */
$FN void decode_tile$F(int32_t place, const struct attn_view *view, int32_t key0, const struct block$D *block,
    struct decode_scratch$F *t)
{
    const int32_t left = view->kv_len - key0, keys = left < TILE$F ? left : TILE$F;
    const int tile = key0 % BLOCK$D, heads = $(heads("view->h"));
% if V_IN_K then
    const float *k = $(K_STORED == "float" and "block->k[tile / PANEL" .. D .. "][0]" or "t->k[0][0]");
% if K_STORED ~= "float" then
    for (int key = 0; key < TILE$F; key += PANEL$D)
        prefill_panel$F(block, (tile + key) / PANEL$D, t->k[key / PANEL$D]);
% end
    tail_rows$F(k, tile % PANEL$D, t->v);
% if K_SCALES_ROWS then
    const uint16_t *k_scale = &block->k_scale[tile / PANEL$D][0][0][tile % PANEL$D];      /* runs on through the panels */
% end
% end
    int scored = 0, added = 0;
% for _, batch in ipairs(batches) do
    for (; scored + $(batch.heads) <= heads; scored += $(batch.heads))
        decode_scores$(batch.name)$F($scores_of, $tile_of, &t->q[scored], &t->s[scored]);
% end
    for (int h = 0; h < heads; h++) {
        struct attn_view head = *view;
        head.h = $(number("view->h + h"));
% if HAS_SCORE then
        decode_score$F(t->s[h], key0, place, &head);
% end
        if (keys < TILE$F || sight$D(place, place, key0, key0 + keys - 1, &head) != SEES_ALL)
            decode_mask$F(t->s[h], key0, place, &head);
        decode_softmax$F(t->s[h], &t->m[h], &t->l[h], t->o[h]$(V_IN_K and K_SCALES_ROWS and ", k_scale" or V_SCALES_ROWS and ", block->v_scale[tile][0]" or ""));
    }
% for _, batch in ipairs(batches) do
    for (; added + $(batch.heads) <= heads; added += $(batch.heads)) {
% if full > 0 then
        for (int column = 0; column < $full; column += $width)
            decode_values$(batch.name)$F($values_of, $(V_IN_K and 0 or tile_of), keys, column, &t->s[added], &t->o[added]);
% end
% if full < V_ROW then
        decode_values$(batch.name)_columns$F($values_of, $(V_IN_K and 0 or tile_of), keys, $full, &t->s[added], &t->o[added]);
% end
    }
% end
}

/* The keys that some head of the group may see, within first .. last. */
static void decode_keys$F(int32_t place, const struct attn_view *view, int32_t *first, int32_t *last)
{
% if MASK_USES_H then
    int32_t lowest = *last + 1, highest = -1;
    for (int h = 0; h < $(heads("view->h")); h++) {
        struct attn_view head = *view;
        head.h = $(number("view->h + h"));
        int32_t from = *first, to = *last;
        visible_keys$D(place, place, &head, &from, &to);
        if (from > to)
            continue;
        lowest = from < lowest ? from : lowest;
        highest = to > highest ? to : highest;
    }
    *first = lowest;
    *last = highest;
% else
    visible_keys$D(place, place, view, first, last);
% end
}

/* Keys first .. last of one segment, from an empty state, for query `row` at `place`. */
$FN void decode_segment$F(const struct attn_args *args, int64_t row, int32_t place,
    const struct attn_view *view, int32_t first, int32_t last, struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[view->b];
    for (int h = 0; h < $(heads("view->h")); h++) {
        query_row$D(args, row, view->h + h, t->q[h]);
% if Q_ROW > D_K then
        t->q[h][D_K$D] = 0.0f;
% end
        t->m[h] = $(NORMALIZE == "softmax" and "ATTN_HIDDEN" or "0.0f");
        t->l[h] = 0.0f;
    }
    memset(t->o, 0, sizeof t->o);
    while (first <= last) {
        const int32_t key0 = first - first % TILE$F;
        decode_tile$F(place, view, key0, cache_block$D(sequence, kv_of$D(view->h), key0 / BLOCK$D), t);
        first = key0 + TILE$F;
% if MASK_GAPS then
        decode_keys$F(place, view, &first, &last);
% end
    }
}

static int32_t decode_segments$F(const struct attn_sequence *sequence)
{
    return (sequence->kv_len + SEGMENT$F - 1) / SEGMENT$F;
}

/*
** Pass 0 has a task for each sequence, KV head and segment; pass 1, which merges, one for
** each sequence and KV head.
*/
static int64_t decode_tasks$F(const struct attn_args *args, int pass)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++) {
        const struct attn_sequence *sequence = &args->sequence[b];
        if (sequence->q_len > 0)
            tasks += (pass == 0 ? (int64_t)decode_segments$F(sequence) : 1) * KV_HEADS$D;
    }
    return tasks;
}

/* Partials of a sequence: (q_len, heads, segments). */
static size_t decode_partials$F(const struct attn_sequence *sequence)
{
    return (size_t)sequence->q_len * HEADS$D * (size_t)decode_segments$F(sequence);
}

static size_t decode_workspace_bytes$F(const struct attn_args *args)
{
    size_t partials = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        partials += decode_partials$F(&args->sequence[b]);
    return partials * sizeof(struct decode_partial$F);
}

/* Where a task works: a sequence, one KV head, one segment, and the sequence's partials. */
struct decode_place$F {
    int32_t b, kv_head, segment, segments;
    struct decode_partial$F *partials;
};

static struct decode_place$F decode_place_find$F(const struct attn_args *args, int pass,
                                                 int64_t task)
{
    struct decode_place$F place = { 0, 0, 0, 0, args->workspace };
    for (;; place.b++) {
        const struct attn_sequence *sequence = &args->sequence[place.b];
        place.segments = decode_segments$F(sequence);
        const int64_t parts = pass == 0 ? place.segments : 1;
        const int64_t tasks = sequence->q_len > 0 ? parts * KV_HEADS$D : 0;
        if (task < tasks) {
            place.kv_head = (int32_t)(task / parts);
            place.segment = (int32_t)(task % parts);
            return place;
        }
        task -= tasks;
        place.partials += decode_partials$F(sequence);
    }
}

/* The partials of one query and head, by segment. */
static struct decode_partial$F *decode_partial_of$F(const struct decode_place$F *place,
                                                    int32_t query, int32_t head)
{
    return &place->partials[((int64_t)query * HEADS$D + head) * place->segments];
}

/* Pass 0: one segment, for each query of the sequence, into its partials. */
$FN void decode_run_segment$F(const struct attn_args *args, const struct decode_place$F *place,
    struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[place->b];
    const struct attn_view view = attn_view_of(args, place->b, $(first("place->kv_head")));
    const int32_t start = place->segment * SEGMENT$F, left = view.kv_len - start;
    for (int32_t query = 0; query < sequence->q_len; query++) {
        int32_t first = start, last = start + (left < SEGMENT$F ? left : SEGMENT$F) - 1;
        const int32_t q = sequence->q_offset + query;
        decode_keys$F(q, &view, &first, &last);
        decode_segment$F(args, sequence->q_row + query, q, &view, first, last, t);
        for (int h = 0; h < $(heads("view.h")); h++) {
            struct decode_partial$F *partial = decode_partial_of$F(place, query, view.h + h);
            partial += place->segment;
            partial->m = t->m[h];
            partial->l = t->l[h];
            memcpy(partial->o, t->o[h], sizeof partial->o);
        }
    }
}

/* Pass 1: the segments of each query and head, merged from left to right. */
$FN void decode_run_merge$F(const struct attn_args *args, const struct decode_place$F *place,
    struct decode_scratch$F *t)
{
    const struct attn_sequence *sequence = &args->sequence[place->b];
    const int32_t head0 = $(first("place->kv_head")), end = head0 + $(heads("head0"));
    for (int32_t query = 0; query < sequence->q_len; query++)
        for (int32_t h = head0; h < end; h++) {
            const struct decode_partial$F *part = decode_partial_of$F(place, query, h);
            t->l[0] = 0.0f;
            for (int32_t i = 0; i < place->segments; i++)
                merge$F(part[i].m, part[i].l, part[i].o, &t->m[0], &t->l[0], t->o[0]);
            finish$F(args, sequence, sequence->q_row + query, h, t->m[0], t->l[0], t->o[0]);
        }
}

$FN void decode_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct decode_place$F place = decode_place_find$F(args, pass, task);
    if (pass == 0)
        decode_run_segment$F(args, &place, scratch);
    else
        decode_run_merge$F(args, &place, scratch);
}

