% local fetches = FETCH > 0
% local leaves = V_IN_K and K_STORED ~= "float"
% local function heads(first) return PRUNED and "heads_of_group" .. D .. "(" .. first .. ")" or "GROUP" .. D end
% local function number(head) return PRUNED and "head" .. D .. "[" .. head .. "]" or head end
% local partial_vectors = PARTIALS // LANES
struct decode_scratch$F {
    float q[GROUP$D][DECODE_Q$F];         /* rotated, times SCALE */
    float m[GROUP$D], l[GROUP$D];
% if V_IN_K then
    float s[HEAD_ROW$F][TILE$F];         /* scores of a tile, then weights p */
    float p[TILE$F][HEAD_ROW$F];         /* the weights, turned */
    float o[V_ROW$D][HEAD_ROW$F];
    float alpha[HEAD_ROW$F];             /* what o is multiplied by before a tile */
    float row[$LANES][V_ROW$D];          /* o of as many heads, turned */
% if leaves then
    float k[$((TILE + PANEL - 1) // PANEL)][DECODE_Q$F][PANEL$D];   /* the panels of a tile, as floats */
% end
% else
    float s[GROUP$D][TILE$F];            /* scores of a tile, then weights p */
    float o[GROUP$D][V_ROW$D];
% end
% if GATHERS then
    struct block$D gathered;
% end
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
$FN void decode_tile$F(int32_t place, const struct attn_view *view, int32_t key0, const struct block$D *block$(fetches and ", const struct block" .. D .. " *after" or ""),
    struct decode_scratch$F *t)
{
    const int32_t left = view->kv_len - key0, keys = left < TILE$F ? left : TILE$F;
    const int tile = key0 % BLOCK$D, heads = $(heads("view->h"));
    decode_scores_heads$F(block, $(V_IN_K and fetches and "after, " or "")tile, heads, t->q, t->s$(leaves and ", t->k" or ""));
    for (int h = 0; h < heads; h++) {
        struct attn_view head = *view;
        head.h = $(number("view->h + h"));
% if HAS_SCORE then
        decode_score$F(t->s[h], key0, place, &head);
% end
        if (keys < TILE$F || sight$D(place, place, key0, key0 + keys - 1, &head) != SEES_ALL)
            decode_mask$F(t->s[h], key0, place, &head);
% if V_IN_K then
        t->alpha[h] = 1.0f;
% end
        decode_softmax$F(t->s[h], &t->m[h], &t->l[h], $(V_IN_K and "&t->alpha[h]" or "t->o[h]")$(V_SCALES_ROWS and (V_IN_K and ", &block->k_scale[tile / PANEL" .. D .. "][0][0][tile % PANEL" .. D .. "]" or ", block->v_scale[tile][0]") or ""));
    }
% if V_IN_K then
    decode_rescale$F(t->alpha, heads, t->o);
    decode_turn$F(t->s, t->p);
    decode_values_heads$F($(leaves and "t->k[0]" or "block->k[tile / PANEL" .. D .. "]"), tile % PANEL$D, keys, t->p, t->o);
% else
    decode_values_heads$F(block, $(fetches and "after, " or "")tile, keys, heads, t->s, t->o);
% end
}

