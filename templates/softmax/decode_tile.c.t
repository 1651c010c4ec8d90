% -- the next block is known where it is fetched
% local given = (V_IN_K and FETCH or FETCH + APPEND_FETCH) > 0 and ", const struct block" .. D .. " *after" or ""
% local partial_vectors = PARTIALS // LANES
% -- where values are parts of keys, the heads of one query fill the lanes
% local rows = V_IN_K and GROUP or math.max(64 // GROUP, 1) * GROUP
enum {
    ROWS$F      = $rows,       /* rows at most: whole queries of a group's heads */
    ROWS_ROOM$F = $(V_IN_K and rows or (rows + APPEND_ROWS - 1) // APPEND_ROWS * APPEND_ROWS)        /* the same, in whole register tiles */
};

/* What a segment leaves for one query and head until all segments are merged. */
struct decode_partial$F {
    float o[V_ROW$D];
    float m, l;
};

/* One query of one head. */
struct decode_row$F {
    struct attn_view view;
    int64_t q_row;                         /* in q */
    int32_t place, head;                   /* on the key axis; of q */
    struct decode_partial$F *partial;      /* where its result goes */
};

struct decode_scratch$F {
    float q[ROWS_ROOM$F][DECODE_Q$F];         /* $(UNITS and "rotated, as units" or "rotated, times SCALE") */
    float m[ROWS_ROOM$F], l[ROWS_ROOM$F];
% if V_IN_K then
    float s[HEAD_ROW$F][TILE$F];         /* scores of a tile, then weights p */
    float p[TILE$F][HEAD_ROW$F];         /* the weights, turned */
    float o[V_ROW$D][HEAD_ROW$F];
    float alpha[HEAD_ROW$F];             /* what o is multiplied by before a tile */
    float turned[$LANES][V_ROW$D];       /* o of as many heads */
% if LEAVES_FLOATS then
    float k[$((TILE + PANEL - 1) // PANEL)][DECODE_Q$F][PANEL$D];   /* the panels of a tile, as floats */
% end
% else
    float s[ROWS_ROOM$F][TILE$F];            /* scores of a tile, then weights p */
    float o[ROWS_ROOM$F][V_ROW$D];
% if V_RUN_SCALES > 0 then
    float scales[TILE$F][$(V_RUNS * V_RUN_SCALES)];              /* of a tile's values */
% end
% end
% if GATHERS then
    struct block$D gathered;
% end
    struct decode_row$F row[ROWS$F];
    int rows, queries;
};

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
** s becomes p = exp2(s - m), hidden scores weight 0; m, l and o move on as in prefill$(V_IN_K and ", o later by alpha" or "").
% if V_SCALES_ROWS then
** Then each p is multiplied by the scale of its key's v.
% elseif UNIT_VALUES then
** Each p is rounded to bf16; two are kept in the place of one.
% end
*/
$FN void decode_softmax$F(float *restrict s, float *restrict m, float *restrict l,
    float *restrict $(V_IN_K and "alpha" or "o")$(V_SCALES_ROWS and ", const uint16_t *v_scale" or ""))
{
% if NORMALIZE == "softmax" then
    vec$T top = vload$T(s);
    for (int key = $LANES; key < TILE$F; key += $LANES)
        top = vmax$T(top, vload$T(s + key));
    const float tile_max = vlargest$T(top);
    if (tile_max > *m + ATTN_LAZY) {
        const vec$T factor = vexp2_exact$T(vset$T(*m - tile_max));
        *l = vfirst$T(vmul$T(vset$T(*l), factor));
% if V_IN_K then
        *alpha = vfirst$T(factor);
% else
        for (int d = 0; d < V_ROW$D; d += $LANES)
            vstore$T(o + d, vmul$T(vload$T(o + d), factor));
% end
        *m = tile_max;
    }
% else
    (void)$(V_IN_K and "alpha" or "o");
% end
    const vec$T base = vset$T(*m > ATTN_LOWEST ? *m : ATTN_LOWEST);
% for j = 0, partial_vectors - 1 do
    vec$T sum$j = vzero$T();
% end
    for (int key = 0; key < TILE$F; key += PARTIALS$F) {
% for j = 0, partial_vectors - 1 do
        const vec$T s$j = vload$T(s + key + $(j * LANES));
        const mask$T seen$j = vgreater$T(s$j, vset$T(ATTN_HIDDEN));
% local p = "vselect" .. T .. "(seen" .. j .. ", weight" .. F .. "(s" .. j .. ", base), vzero" .. T .. "())"
        const vec$T p$j = $(UNIT_VALUES and "vround_bf16" .. T .. "(" .. p .. ")" or p);
% if UNIT_VALUES then
        vstore_halves$T(s, key + $(j * LANES), p$j);
% else
        vstore$T(s + key + $(j * LANES), $(V_SCALES_ROWS and "vmul" .. T .. "(p" .. j .. ", vload_bfloat" .. T .. "(v_scale + key + " .. j * LANES .. "))" or "p" .. j));
% end
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

% if V_RUN_SCALES > 0 and not V_IN_K then
/* Scales of a tile's values as floats, which a register tile then reads for each of its vectors. */
$FN void decode_value_scales$F(const struct block$D *block, int tile, float (*restrict scales)[$(V_RUNS * V_RUN_SCALES)])
{
    const uint16_t *from = block->v_scale[tile][0];
    float *to = scales[0];
    for (int i = 0; i < TILE$F * $(V_RUNS * V_RUN_SCALES); i++)
        to[i] = attn_scale_value(from[i]);
}

% end
/* One tile of keys, from key0 on, `keys` of which there are. */
$FN void decode_tile$F(int32_t key0, int32_t keys, const struct block$D *block$given, struct decode_scratch$F *t)
{
    const int tile = key0 % BLOCK$D;
% if V_IN_K then
    decode_scores_heads$F(block, $(FETCH > 0 and "after, " or "")tile, t->rows, t->q, t->s$(LEAVES_FLOATS and ", t->k" or ""));
% else
    if (t->queries == 1)
        decode_scores_alone$F(block, $(FETCH > 0 and "after, " or "")tile, t->rows, t->q, t->s);
    else
        decode_scores_together$F(block, $(APPEND_FETCH > 0 and "after, " or "")tile, t->rows, t->q, t->s);
% end
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row$F *row = &t->row[r];
% if HAS_SCORE then
        decode_score$F(t->s[r], key0, row->place, &row->view);
% end
        if (keys < TILE$F || sight$D(row->place, row->place, key0, key0 + keys - 1, &row->view) != SEES_ALL)
            decode_mask$F(t->s[r], key0, row->place, &row->view);
% if V_IN_K then
        t->alpha[r] = 1.0f;
% end
        decode_softmax$F(t->s[r], &t->m[r], &t->l[r], $(V_IN_K and "&t->alpha[r]" or "t->o[r]")$(V_SCALES_ROWS and (V_IN_K and ", &block->k_scale[tile / PANEL" .. D .. "][0][0][tile % PANEL" .. D .. "]" or ", block->v_scale[tile][0]") or ""));
    }
% if V_IN_K then
    decode_rescale$F(t->alpha, t->rows, t->o);
    decode_turn$F(t->s, t->p);
    decode_values_heads$F($(LEAVES_FLOATS and "t->k[0]" or "block->k[tile / PANEL" .. D .. "]"), tile % PANEL$D, keys, t->p, t->o);
% else
% if V_RUN_SCALES > 0 then
    decode_value_scales$F(block, tile, t->scales);
% end
    if (t->queries == 1)
        decode_values_alone$F(block, $(FETCH > 0 and "after, " or "")tile, keys, t->rows, $(V_RUN_SCALES > 0 and "t->scales, " or "")t->s, t->o);
    else
        decode_values_together$F(block, $(APPEND_FETCH > 0 and "after, " or "")tile, keys, t->rows, $(V_RUN_SCALES > 0 and "t->scales, " or "")t->s, t->o);
% end
}

/* The keys that some row may see, within first .. last. */
static void decode_keys$F(const struct decode_scratch$F *t, int32_t *first, int32_t *last)
{
    int32_t lowest = *last + 1, highest = -1;
    for (int r = 0; r < t->rows; r++) {
        const struct decode_row$F *row = &t->row[r];
% if not MASK_USES_H then
        if (r > 0 && row->q_row == row[-1].q_row)      /* another head of the same query */
            continue;
% end
        int32_t from = *first, to = *last;
        visible_keys$D(row->place, row->place, &row->view, &from, &to);
        if (from > to)
            continue;
        lowest = from < lowest ? from : lowest;
        highest = to > highest ? to : highest;
    }
    *first = lowest;
    *last = highest;
}

% if V_IN_K then
/* The rows before their first key. */
% else
/* The rows before their first key: those behind the last one, up to a whole register tile, get a q of 0. */
% end
$FN void decode_begin$F(const struct attn_args *args, struct decode_scratch$F *t)
{
    for (int r = 0; r < t->rows; r++) {
        query_row$D(args, t->row[r].q_row, t->row[r].head, t->q[r]);
% if not UNITS then
        for (int d = D_K$D; d < DECODE_Q$F; d++)
            t->q[r][d] = 0.0f;
% end
        t->m[r] = $(NORMALIZE == "softmax" and "ATTN_HIDDEN" or "0.0f");
        t->l[r] = 0.0f;
    }
% if V_IN_K then
    memset(t->o, 0, sizeof t->o);
% if HEAD_ROW > GROUP or PRUNED then
    memset(t->s, 0, sizeof t->s);      /* lanes without a head add nothing */
% end
% else
    const int room = (t->rows + $(APPEND_ROWS - 1)) / $APPEND_ROWS * $APPEND_ROWS;
    if (t->rows < room)
        memset(t->q[t->rows], 0, sizeof t->q[0] * (size_t)(room - t->rows));
    memset(t->o, 0, sizeof t->o[0] * (size_t)room);
% end
}

/* Keys first .. last of one segment of a sequence, for all rows, into their partials. */
$FN void decode_walk$F(const struct attn_args *args, const struct attn_sequence *sequence, int32_t kv_head,
    int32_t first, int32_t last, struct decode_scratch$F *t)
{
    decode_begin$F(args, t);
    decode_keys$F(t, &first, &last);
    while (first <= last) {
        const int32_t key0 = first - first % TILE$F, left = sequence->kv_len - key0;
% if given ~= "" then
        const int32_t next = key0 - key0 % BLOCK$D + BLOCK$D;
        const struct block$D *after = tile_block$D(sequence, kv_head, next < sequence->kv_len ? next : key0);
% end
        const struct block$D *block = tile_block$D(sequence, kv_head, key0$(GATHERS and ", TILE" .. F .. ", &t->gathered" or ""));
        decode_tile$F(key0, left < TILE$F ? left : TILE$F, block$(given ~= "" and ", after" or ""), t);
        first = key0 + TILE$F;
% if MASK_GAPS then
        decode_keys$F(t, &first, &last);
% end
    }
    for (int r = 0; r < t->rows; r++) {
        struct decode_partial$F *partial = t->row[r].partial;
        partial->m = t->m[r];
        partial->l = t->l[r];
        memcpy(partial->o, $(V_IN_K and "decode_row" .. F .. "(t->o, r, t->turned)" or "t->o[r]"), sizeof partial->o);
    }
}

