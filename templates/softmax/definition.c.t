/*
** Definition $DEFINITION: what all targets share.
** $LINE
*/
enum {
    HEADS$D    = $HEADS,
    KV_HEADS$D = $KV_HEADS,
% if PRUNED then
    GROUP$D    = $GROUP,      /* most query heads left that share a KV head */
% else
    GROUP$D    = $GROUP,      /* query heads that share a KV head: head h reads KV head h / GROUP */
% end
    D_K$D      = $D_K,
    D_V$D      = $D_V,
    V_ROW$D    = $V_ROW       /* values of a cached row of V: D_V, padded to whole vectors */
};

% if PRUNED then
/* Numbers, in the layer before pruning, of the heads left: what masks, scores, sinks and weights of norms go by. */
static const int32_t head$D[] = {
    $HEAD_NUMBERS
};
static const int32_t kv_head$D[] = {
    $KV_HEAD_NUMBERS
};

/* Of the heads left, group[i] .. group[i + 1] - 1 read KV head i of those left; head i reads reads[i]. */
static const int32_t group$D[] = {
    $GROUP_STARTS
};
static const int32_t reads$D[] = {
    $KV_HEADS_READ
};

/* Heads of the group that begins with head `first`. */
static int32_t heads_of_group$D(int32_t first)
{
    return group$D[reads$D[first] + 1] - first;
}

% end
/* The KV head that a query head reads. */
static int32_t kv_of$D(int32_t head)
{
    return $(PRUNED and "reads" .. D .. "[head]" or "head / GROUP" .. D);
}

% if ARRAYS > 0 then
/* What the caller hands over as args->array. */
static const struct attn_array_kind arrays$D[] = {
$ARRAY_KINDS
};

% end
% if MATRIX ~= "none" then
/* The heads of the matrix that outputs write. */
static const int32_t matrix_heads$D[] = { $MATRIX_HEADS };

% end
% if MASK_TABLES ~= "" then
$MASK_TABLES
% end
% if SCORE_TABLES ~= "" then
/* Values that the score picks from: "$SCORE". */
$SCORE_TABLES

% end
/* What the queries q_first .. q_last see of the keys k_first .. k_last: "$MASK". */
static int sight$D(int32_t q_first, int32_t q_last, int32_t k_first, int32_t k_last,
                   const struct attn_view *view)
{
$SIGHT
}

/* Narrows keys *first .. *last to those that one of the queries q_first .. q_last may see. */
static void visible_keys$D(int32_t q_first, int32_t q_last, const struct attn_view *view,
                           int32_t *k_first, int32_t *k_last)
{
$KEYS
}

% if BOUNDS ~= "" then
/* Bounds that a call keeps of its arrays over keys: (sequences, arrays, stretches), at the start of its workspace. */
static int64_t bounds_before$D(const struct attn_args *args, int32_t b)
{
    int64_t bounds = 0;
    for (int32_t i = 0; i < b; i++)
        bounds += (int64_t)$ARRAYS * attn_stretches(args->sequence[i].kv_len);
    return bounds;
}

static struct attn_bound *bounds_at$D(const struct attn_args *args, int32_t b)
{
    return (struct attn_bound *)args->workspace + bounds_before$D(args, b);
}

static void bounds_run$D(const struct attn_args *args, int32_t b)
{
    const int32_t kv_len = args->sequence[b].kv_len, stretches = attn_stretches(kv_len);
    struct attn_bound *bound = bounds_at$D(args, b);
$BOUNDS
}

% end
% if ROTATION_FLOATS > 0 then
$POSITION

% end
% if NORM_FUNCTIONS ~= "" then
$NORM_FUNCTIONS
% end
% local PREPARED = (Q_NORM ~= "never" and "normed, " or "") .. (ROTATION_FLOATS > 0 and "rotated, " or "")
% if UNITS then
% if HAS_SCORE then
static const float scale$D = $SCALE;           /* of the products of q and k */
% else
static const float scale$D = $SCALE;           /* of the products of q and k, and 1 / ln 2, since weights are powers of two */
% end

/* One query, $(PREPARED)as units of what its products are made of. */
% elseif HAS_SCORE then
/* One query, $(PREPARED)times the scale of q k. */
% else
/* One query, $(PREPARED)times the scale of q k and 1 / ln 2, since weights are powers of two. */
% end
static void query_row$D(const struct attn_args *args, int64_t row, int32_t head, float *restrict q)
{
    const $A_STORED *from = (const $A_STORED *)args->q + row * args->q_stride + head * args->q_head_stride;
% local from = "from"
% if A_STORED ~= "float" then
    for (int d = 0; d < D_K$D; d++)
        q[d] = from_$A_TYPE(from[d]);
% from = "q"
% end
% if Q_NORM == "before" then
    norm_q$D($from$Q_NORM_GIVEN, q);
% from = "q"
% end
% if ROTATION_FLOATS > 0 then
    rotate$D($from, args->q_rotation + row * $ROTATION_FLOATS, q);
% from = "q"
% end
% if Q_NORM == "after" then
    norm_q$D(q$Q_NORM_GIVEN, q);
% end
% if UNITS then
% if from ~= "q" then
    memcpy(q, from, D_K$D * sizeof *q);
% end
    $(COMPUTE)_units(q, D_K$D$(SUM == "ivec" and ", scale" .. D or ""));
% elseif from == "q" then
    for (int d = 0; d < D_K$D; d++)
        q[d] *= $SCALE;
% else
    for (int d = 0; d < D_K$D; d++)
        q[d] = from[d] * $SCALE;
% end
}

