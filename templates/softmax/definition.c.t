/*
** Definition $DEFINITION: what all targets share.
** $LINE
*/
enum {
    HEADS$D    = $HEADS,
    KV_HEADS$D = $KV_HEADS,
    GROUP$D    = $GROUP,      /* query heads that share a KV head: head h reads KV head h / GROUP */
    D_K$D      = $D_K,
    D_V$D      = $D_V,
    V_ROW$D    = $V_ROW,      /* floats of a cached row of V: D_V, padded to whole panels */
    PANEL$D    = $PANEL,      /* keys whose K is interleaved */
    BLOCK$D    = $BLOCK,      /* keys of a cache block: K as panels (BLOCK / PANEL, d_k, PANEL), then V as rows (BLOCK, V_ROW) */
    BLOCK_FLOATS$D = BLOCK$D * (D_K$D + V_ROW$D)
};

% if ARRAYS > 0 then
/* What the caller hands over as args->array. */
static const struct attn_array_kind arrays$D[] = {
$ARRAY_KINDS
};

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
$LAYOUT
/* The first value of the key at `place`; the next ones are PANEL floats apart. */
static float *panel_of$D(float *block, int32_t place)
{
    return block + place % BLOCK$D / PANEL$D * (PANEL$D * D_K$D) + place % PANEL$D;
}

/* Its V; those of the keys after it in the block follow. */
static float *values_of$D(float *block, int32_t place)
{
    return block + BLOCK$D * D_K$D + place % BLOCK$D * V_ROW$D;
}

% if ROTATION_FLOATS > 0 then
$POSITION

% end
% if NORM_FUNCTIONS ~= "" then
$NORM_FUNCTIONS
% end
% if HIDDEN_ROW == "mean" then
/* o = the mean of all values of a sequence's KV head; zeros where there are none. */
static void mean_row$D(const struct attn_sequence *sequence, int32_t kv_head, float *o)
{
    const int32_t keys = sequence->kv_len > 0 ? sequence->kv_len : 1;
    for (int column = 0; column < D_V$D; column += $PANEL) {
        double sum[$PANEL] = { 0.0 };
        for (int32_t k = 0; k < sequence->kv_len; k++) {
            const float *v = values_of$D(cache_block$D(sequence, kv_head, k / BLOCK$D), k) + column;
            for (int d = 0; d < $PANEL; d++)
                sum[d] += v[d];
        }
        for (int d = 0; d < $PANEL && column + d < D_V$D; d++)
            o[column + d] = (float)(sum[d] / keys);
    }
}

% end
% local PREPARED = (Q_NORM ~= "never" and "normed, " or "") .. (ROTATION_FLOATS > 0 and "rotated, " or "")
% if HAS_SCORE then
/* One query, $(PREPARED)times the scale of q k. */
% else
/* One query, $(PREPARED)times the scale of q k and 1 / ln 2, since weights are powers of two. */
% end
static void query_row$D(const struct attn_args *args, int64_t row, int32_t head, float *restrict q)
{
    const float *from = args->q + row * args->q_stride + head * args->q_head_stride;
% local from = "from"
% if Q_NORM == "before" then
    norm_q$D(from$Q_NORM_GIVEN, q);
% from = "q"
% end
% if ROTATION_FLOATS > 0 then
    rotate$D($from, args->q_rotation + row * $ROTATION_FLOATS, q);
% from = "q"
% end
% if Q_NORM == "after" then
    norm_q$D(q$Q_NORM_GIVEN, q);
% end
% if from == "q" then
    for (int d = 0; d < D_K$D; d++)
        q[d] *= $SCALE_Q;
% else
    for (int d = 0; d < D_K$D; d++)
        q[d] = from[d] * $SCALE_Q;
% end
}

/* Values of `count` new keys, from one row on, into the block at `place`. */
static void write_values$D(const struct attn_args *args, float *block, int32_t kv_head, int64_t row,
                           int32_t place, int32_t count)
{
    float *to = values_of$D(block, place);
    for (int32_t i = 0; i < count; i++, to += V_ROW$D) {
        const float *v = args->v + (row + i) * args->v_stride + kv_head * args->v_head_stride;
        for (int d = 0; d < D_V$D; d++)
            to[d] = v[d];
% if V_ROW > D_V then
        for (int d = D_V$D; d < V_ROW$D; d++)
            to[d] = 0.0f;
% end
    }
}

/* The keys themselves, rotated, all into one panel. */
static void write_panel$D(const struct attn_args *args, float *block, int32_t kv_head, int64_t row,
                          int32_t place, int32_t count, float (*restrict rows)[D_K$D])
{
    float *restrict panel = panel_of$D(block, place);
    for (int32_t i = 0; i < count; i++) {
        const float *k = args->k + (row + i) * args->k_stride + kv_head * args->k_head_stride;
% local k = "k"
% if K_NORM == "before" then
        norm_k$D(k$K_NORM_GIVEN, rows[i]);
% k = "rows[i]"
% end
% if ROTATION_FLOATS > 0 then
        rotate$D($k, args->k_rotation + (row + i) * $ROTATION_FLOATS, rows[i]);
% elseif K_NORM == "never" then
        memcpy(rows[i], k, sizeof rows[i]);
% end
% if K_NORM == "after" then
        norm_k$D(rows[i]$K_NORM_GIVEN, rows[i]);
% end
    }
    for (int d = 0; d < D_K$D; d++)
        for (int32_t i = 0; i < count; i++)
            panel[d * PANEL$D + i] = rows[i][d];
}

/* Tasks count sequences, then KV heads. */
static void write_run$D(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct attn_sequence *sequence = &args->sequence[task / KV_HEADS$D];
    const int32_t kv_head = (int32_t)(task % KV_HEADS$D);
    int64_t row = sequence->k_row;
    (void)pass;
    for (int32_t place = sequence->kv_len - sequence->k_len; place < sequence->kv_len;) {
        const int32_t room = PANEL$D - place % PANEL$D, left = sequence->kv_len - place;
        const int32_t count = room < left ? room : left;
        float *block = cache_block$D(sequence, kv_head, place / BLOCK$D);
        write_panel$D(args, block, kv_head, row, place, count, scratch);
        write_values$D(args, block, kv_head, row, place, count);
        place += count;
        row += count;
    }
}

static int64_t write_tasks$D(const struct attn_args *args, int pass)
{
    return pass == 0 ? (int64_t)args->sequences * KV_HEADS$D : 0;
}

static size_t write_workspace_bytes$D(const struct attn_args *args)
{
    (void)args;
    return 0;
}

static void read$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t first,
                   int32_t count, float *k, float *v)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t place = first + i;
        float *block = cache_block$D(sequence, kv_head, place / BLOCK$D);
        const float *panel = panel_of$D(block, place), *v_row = values_of$D(block, place);
        for (int d = 0; d < D_K$D; d++)
            k[(int64_t)i * D_K$D + d] = panel[d * PANEL$D];
        for (int d = 0; d < D_V$D; d++)
            v[(int64_t)i * D_V$D + d] = v_row[d];
    }
}

