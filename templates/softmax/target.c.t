/* Definition $DEFINITION on $TARGET. */
enum {
    TILE$F     = $TILE,        /* keys whose weights are computed together; a block holds whole tiles */
    PARTIALS$F = $PARTIALS,    /* partial sums of a tile's weights: of keys so far apart */
    SEGMENT$F  = $SEGMENT      /* keys of one partial result; they start at its multiples */
};

/* Which of the queries q see key k. */
OP$T mask$T sees_queries$F(ivec$T q, int32_t k, const struct attn_view *view)
{
$SEES_QUERIES_VIEW
    if (k >= kv_len)
        return mset$T(0);
    return $SEES_QUERIES;
}

/* Which of the keys k query q sees. */
OP$T mask$T sees_keys$F(int32_t q, ivec$T k, const struct attn_view *view)
{
$SEES_KEYS_VIEW
    return mand$T(ilt$T(k, iset$T(kv_len)), $SEES_KEYS);
}

% if HAS_NEAR then
/* What scores take from the distance q - k alone: near[i] for first + i. */
$FN void near_fill$F(int32_t first, int count, const struct attn_view *view, float *restrict near)
{
    const int32_t k = 0;
$NEAR_VIEW
    for (int i = 0; i < count; i += $LANES) {
        const ivec$T q = iramp$T(first + i);
        vstore$T(near + i, $NEAR);
    }
}

% end
% if HAS_SCORE then
/*
** The scores of the queries q with key k, from s = scale q k, in log2. What is no number, such as the logarithm of a
** negative one, hides the key: of a NaN and another number vmax gives the second.
*/
% if HAS_NEAR then
OP$T vec$T score_queries$F(vec$T s, ivec$T q, int32_t k, const struct attn_view *view, vec$T near)
% else
OP$T vec$T score_queries$F(vec$T s, ivec$T q, int32_t k, const struct attn_view *view)
% end
{
$SCORE_QUERIES_VIEW
    return vmax$T(vmul$T($SCORE_QUERIES, vset$T(ATTN_LOG2E)), vset$T(ATTN_HIDDEN));
}

/* Those of query q with the keys k. */
OP$T vec$T score_keys$F(vec$T s, int32_t q, ivec$T k, const struct attn_view *view)
{
$SCORE_KEYS_VIEW
    return vmax$T(vmul$T($SCORE_KEYS_C, vset$T(ATTN_LOG2E)), vset$T(ATTN_HIDDEN));
}

% end
% if NORMALIZE == "softmax" then
/* The weight of a score, in log2, relative to m. */
OP$T vec$T weight$F(vec$T s, vec$T m)
{
    return vexp2$T(vsub$T(s, m));
}

/*
** Adds a segment's (m, l, o) of one query to the total of those before. A segment without
** a visible key adds nothing. The factor of the larger m is 1: what vexp2_exact makes of 0 is
** wrong by up to 6e-7, always to the same side, which hundreds of segments would add up.
*/
$FN void merge$F(float m, float l, const float *restrict o,
    float *m_total, float *l_total, float *restrict o_total)
{
    if (l == 0.0f)
        return;
    if (*l_total == 0.0f) {
        *m_total = m;
        *l_total = l;
        memcpy(o_total, o, V_ROW$D * sizeof(float));
        return;
    }
    const int grows = m > *m_total;
    const vec$T factor = vexp2_exact$T(vset$T(grows ? *m_total - m : m - *m_total));
    const vec$T old = grows ? factor : vset$T(1.0f), new = grows ? vset$T(1.0f) : factor;
    *m_total = grows ? m : *m_total;
    *l_total = vfirst$T(vfma$T(vset$T(l), new, vmul$T(vset$T(*l_total), old)));
    for (int d = 0; d < V_ROW$D; d += $LANES)
        vstore$T(o_total + d, vfma$T(vload$T(o + d), new, vmul$T(vload$T(o_total + d), old)));
}
% else
/* The weight of a score, in log2: 1 / (1 + 2^-s), at least 2^-100. m stays 0. */
OP$T vec$T weight$F(vec$T s, vec$T m)
{
    const vec$T one = vset$T(1.0f), opposite = vmin$T(vsub$T(m, s), vset$T(100.0f));
    return vdiv$T(one, vadd$T(one, vexp2_exact$T(opposite)));
}

/*
** Adds a segment's l and o of one query to the total of those before. A segment without a visible
** key adds nothing: its o may never have been written.
*/
$FN void merge$F(float m, float l, const float *restrict o,
    float *m_total, float *l_total, float *restrict o_total)
{
    if (l == 0.0f)
        return;
    if (*l_total == 0.0f)
        memset(o_total, 0, V_ROW$D * sizeof(float));
    *m_total = m;
    *l_total += l;
    for (int d = 0; d < V_ROW$D; d += $LANES)
        vstore$T(o_total + d, vadd$T(vload$T(o_total + d), vload$T(o + d)));
}
% end

% -- o is written, and read back by merges, as what activations are
% local converts = A_STORED ~= "float"
% local function to(x) return converts and "to_" .. A_TYPE .. "(" .. x .. ")" or x end
% local function from(x) return converts and "from_" .. A_TYPE .. "(" .. x .. ")" or x end
% if NORMALIZE == "softmax" then
/* One row of two results: weighted by e^(lse - top), top the larger lse, so that one weight is 1. */
$FN void merge_row$F($A_STORED *restrict o, float *lse, const $A_STORED *restrict other_o, float other_lse)
{
    const float top = *lse > other_lse ? *lse : other_lse;
    const float least = *lse > other_lse ? other_lse : *lse;
    const float factor = vfirst$T(vexp2_exact$T(vset$T((least - top) * ATTN_LOG2E))), sum = 1.0f + factor;
    const float own = *lse > other_lse ? 1.0f : factor, other = *lse > other_lse ? factor : 1.0f;
    *lse = (float)(top + attn_log(sum));
    for (int d = 0; d < D_V$D; d++)
        o[d] = $(to("(own * " .. from("o[d]") .. " + other * " .. from("other_o[d]") .. ") / sum"));
}
% else
/* One row of two results: their sum. lse is 0 in both. */
$FN void merge_row$F($A_STORED *restrict o, float *lse, const $A_STORED *restrict other_o, float other_lse)
{
    *lse = other_lse;
    for (int d = 0; d < D_V$D; d++)
        o[d] = $(to(from("o[d]") .. " + " .. from("other_o[d]")));
}
% end

/* Two results over keys that share none become one; a row that saw no key adds nothing. */
$FN void merge_results$F(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse)
{
    $A_STORED *row = o;
    const $A_STORED *other = other_o;
    for (int64_t i = 0; i < rows; i++, row += D_V$D, other += D_V$D) {
        if (other_lse[i] == ATTN_HIDDEN)
            continue;
        if (lse[i] == ATTN_HIDDEN) {
            memcpy(row, other, D_V$D * sizeof *row);
            lse[i] = other_lse[i];
        } else
            merge_row$F(row, &lse[i], other, other_lse[i]);
    }
}

% local hidden = ({ zeros = "zeros", nan = "NaN", mean = "the mean of all values" })[HIDDEN_ROW]
% if NORMALIZE == "sigmoid" then
/* What makes o of o_total: 1, and 0 for a query that saw no key; and lse, which is 0. */
% elseif SINK == "none" then
/* What makes o of o_total: 1 / l, and 0 for a query that saw no key; and lse. */
% else
/* What makes o of o_total: 1 / (l + the sink's weight), and 0 for a query that saw no key; and lse, which is without the sink. */
% end
OP$T float finish_factor$F(const struct attn_args *args, int64_t row, int32_t head, float m, float l)
{
    if (args->lse != NULL)
        args->lse[row * args->lse_stride + head] =
% if NORMALIZE == "sigmoid" then
            l > 0.0f ? m : ATTN_HIDDEN;
    return l > 0.0f ? 1.0f : 0.0f;
% else
            l > 0.0f ? (float)(m * ATTN_LN2 + attn_log(l * vexp2_scale$T)) : ATTN_HIDDEN;
    if (l == 0.0f)
        return 0.0f;
% if SINK == "none" then
    return 1.0f / l;
% else
% if SINK == "zero" then
    const float sink = -m;                     /* a score of 0, relative to m */
% else
    const float sink = args->sink[$(PRUNED and "head" .. D .. "[head]" or "head")] * ATTN_LOG2E - m;
% end
    const float weight = vfirst$T(vexp2$T(vset$T(sink < 100.0f ? sink : 100.0f)));
    return 1.0f / (l + weight);
% end
% end
}

% local tail = D_V % LANES
% local store = (converts and "vto_" .. A_TYPE or "vstore") .. T
/* A vector of columns of o. Adding 0 makes every zero positive: hidden keys could have turned the sign of one. */
OP$T void finish_columns$F($A_STORED *o, int column, vec$T o_total, float factor)
{
    const vec$T result = vadd$T(vmul$T(o_total, vset$T(factor)), vzero$T());
% if D_V == V_ROW then
    $store(o + column, result);
% else
    if (column + $LANES <= D_V$D)
        $store(o + column, result);
% if tail > 0 then
    else if (column < D_V$D) {
% if converts then
        $A_STORED lanes[$LANES];
        $store(lanes, result);
        memcpy(o + column, lanes, $tail * sizeof *lanes);
% else
        vstore_part$T(o + column, result, $tail);
% end
    }
% end
% end
}

/* The row of o of a query that saw no key: $hidden. */
$FN void finish_hidden$F(const struct attn_sequence *sequence, int32_t head, $A_STORED *restrict o)
{
% if HIDDEN_ROW == "mean" then
    mean_row$D(sequence, kv_of$D(head), o);
% else
    (void)sequence;
    (void)head;
    for (int d = 0; d < D_V$D; d++)
        o[d] = $(to(HIDDEN_ROW == "nan" and '__builtin_nanf("")' or "0.0f"));
% end
}

/* The row of o of one query, and its lse. */
$FN void finish$F(const struct attn_args *args, const struct attn_sequence *sequence, int64_t row, int32_t head,
    float m, float l, const float *restrict o_total)
{
    $A_STORED *restrict o = ($A_STORED *)args->o + row * args->o_stride + head * args->o_head_stride;
    const float factor = finish_factor$F(args, row, head, m, l);
    if (l == 0.0f) {
        finish_hidden$F(sequence, head, o);
        return;
    }
    for (int column = 0; column < D_V$D; column += $LANES)
        finish_columns$F(o, column, vload$T(o_total + column), factor);
}
