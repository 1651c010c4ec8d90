% -- pages smaller than a block hold parts of one, which readers of tiles gather
% local piece, PIECE = GATHERS and "struct part" .. D or "struct block" .. D, GATHERS and "PART" .. D or "BLOCK" .. D
% -- C that stores a value, or reads it, where several share what is stored and where each has its own place
% local function into(type, pack, at, part, value)
%     return pack == 1 and at .. " = " .. value or type .. "_put(&" .. at .. ", " .. part .. ", " .. value .. ")"
% end
% local function from(type, pack, at, part)
%     return pack == 1 and at or type .. "_get(" .. at .. ", " .. part .. ")"
% end
% local k_part, v_part = "d % " .. K_PACK, "row % " .. V_PACK
% local k_at = "piece->k[panel][d" .. (K_PACK == 1 and "" or " / " .. K_PACK) .. "][lane]"
% local v_at = "piece->v[d / V_STRIP" .. D .. "][row" .. (V_PACK == 1 and "" or " / " .. V_PACK) .. "][d % V_STRIP" .. D .. "]"
enum {
    PANEL$D    = $PANEL,      /* keys whose K is interleaved */
    V_STRIP$D  = $V_STRIP,      /* columns of V that lie together, key after key */
    BLOCK$D    = $BLOCK$(GATHERS and "," or " ")      /* keys of a block: whole tiles */
% if GATHERS then
    PART$D     = $PAGE_TOKENS       /* keys of a block that a page holds */
% end
};

% local kinds = { { type = "struct block" .. D, keys = "BLOCK" .. D, count = BLOCK } }
% if GATHERS then kinds[2] = { type = piece, keys = PIECE, count = PAGE_TOKENS } end
% for i, kind in ipairs(kinds) do
% if i == 2 then
/* What a page has of a block. */
% elseif V_IN_K then
/* Keys of one KV head that lie together: panels of interleaved keys, whose last D_V numbers are the values, and what scales them. */
% else
/* Keys of one KV head that lie together: K as panels of interleaved keys, then V as strips of columns, each followed by what scales it. */
% end
$(kind.type) {
    $K_STORED k[$(kind.keys) / PANEL$D][$((D_K + K_PACK - 1) // K_PACK)][PANEL$D];
% if K_SCALES > 0 then
    uint16_t k_scale[$(kind.keys) / PANEL$D][$K_RUNS][$K_SCALES][PANEL$D];
% end
% if not V_IN_K then
    $V_STORED v[V_ROW$D / V_STRIP$D][$(kind.count // V_PACK)][V_STRIP$D];
% if V_SCALES > 0 then
    uint16_t v_scale[$(kind.keys)][$V_RUNS][$V_SCALES];
% end
% end
};

% end
$LAYOUT
% if GATHERS then
/* The block of the tile of so many keys at key0, into which the parts of it that pages have are copied, as far as the sequence goes. */
static const struct block$D *tile_block$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t key0, int32_t keys,
    struct block$D *block)
{
    const int32_t end = key0 + keys < sequence->kv_len ? key0 + keys : sequence->kv_len;
    for (int32_t key = key0 - key0 % PART$D; key < end; key += PART$D) {
        const struct part$D *part = cache_piece$D(sequence, kv_head, key / PART$D);
        const int row = key % BLOCK$D, panel = row / PANEL$D;
        memcpy(block->k[panel], part->k, sizeof part->k);
% if K_SCALES > 0 then
        memcpy(block->k_scale[panel], part->k_scale, sizeof part->k_scale);
% end
% if not V_IN_K then
        for (int strip = 0; strip < V_ROW$D / V_STRIP$D; strip++)
            memcpy(block->v[strip][row$(V_PACK > 1 and " / " .. V_PACK or "")], part->v[strip], sizeof part->v[strip]);
% if V_SCALES > 0 then
        memcpy(block->v_scale[row], part->v_scale, sizeof part->v_scale);
% end
% end
    }
    return block;
}

% else
/* The block of the tile at key0. */
static const struct block$D *tile_block$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t key0)
{
    return cache_piece$D(sequence, kv_head, key0 / BLOCK$D);
}

% end
/* A key, rotated, into its place. */
static void store_key$D($piece *piece, int32_t place, const float *restrict k)
{
    const int panel = place % $PIECE / PANEL$D, lane = place % PANEL$D;
% if K_SCALES > 0 then
    for (int run = 0; run < $K_RUNS; run++) {
        const int from = run * $K_RUN, end = from + $K_RUN < D_K$D ? from + $K_RUN : D_K$D;
        uint16_t scale[$K_SCALES];
        $(K_TYPE)_scale(k + from, end - from, scale);
        for (int i = 0; i < $K_SCALES; i++)
            piece->k_scale[panel][run][i][lane] = scale[i];
        for (int d = from; d < end; d++)
            $(into(K_TYPE, K_PACK, k_at, k_part, K_TYPE .. "_store(k[d], scale)"));
    }
% else
    for (int d = 0; d < D_K$D; d++)
        $(into(K_TYPE, K_PACK, k_at, k_part, K_TYPE .. "_store(k[d])"));
% end
% if UNITS and D_K % K_PACK > 0 then
    for (int d = D_K$D; d < $(Q_UNITS * K_PACK); d++)         /* the rest of the last unit takes part in products */
        $(into(K_TYPE, K_PACK, k_at, k_part, "0"));
% end
}

% if not V_IN_K then
static void store_value$D($piece *piece, int32_t place, const float *restrict v)
{
    const int row = place % $PIECE;
% if V_SCALES > 0 then
    for (int run = 0; run < $V_RUNS; run++) {
        const int from = run * $V_RUN, end = from + $V_RUN < D_V$D ? from + $V_RUN : D_V$D;
        uint16_t *scale = piece->v_scale[row][run];
        $(V_TYPE)_scale(v + from, end - from, scale);
        for (int d = from; d < end; d++)
            $(into(V_TYPE, V_PACK, v_at, v_part, V_TYPE .. "_store(v[d], scale)"));
    }
% else
    for (int d = 0; d < D_V$D; d++)
        $(into(V_TYPE, V_PACK, v_at, v_part, V_TYPE .. "_store(v[d])"));
% end
% if V_ROW > D_V then
    for (int d = D_V$D; d < V_ROW$D; d++)
        $(into(V_TYPE, V_PACK, v_at, v_part, "0"));
% end
}

% end
% -- C of K's number d of a key, and of V's
% local k_scales, v_scales = K_SCALES > 0 and ", scale" or "", V_SCALES > 0 and ", piece->v_scale[row][d / " .. V_RUN .. "]" or ""
% local k_value = K_TYPE .. "_value(" .. from(K_TYPE, K_PACK, k_at, k_part) .. k_scales .. ")"
% local v_value = V_TYPE .. "_value(" .. from(V_TYPE, V_PACK, v_at, v_part) .. v_scales .. ")"
/* Numbers first .. end - 1 of a key as it is stored. */
static void read_part$D(const $piece *piece, int32_t place, int first, int end, float *restrict k)
{
    const int panel = place % $PIECE / PANEL$D, lane = place % PANEL$D;
    for (int d = first; d < end; d++) {
% if K_SCALES > 0 then
        uint16_t scale[$K_SCALES];
        for (int i = 0; i < $K_SCALES; i++)
            scale[i] = piece->k_scale[panel][d / $K_RUN][i][lane];
% end
        k[d - first] = $k_value;
    }
}

static void read_key$D(const $piece *piece, int32_t place, float *restrict k)
{
    read_part$D(piece, place, 0, D_K$D, k);
}

/* Columns first .. end - 1 of a value. */
static void read_value$D(const $piece *piece, int32_t place, int first, int end, float *restrict v)
{
% if V_IN_K then
    read_part$D(piece, place, D_K$D - D_V$D + first, D_K$D - D_V$D + end, v);
% else
    const int row = place % $PIECE;
    for (int d = first; d < end; d++)
        v[d - first] = $v_value;
% end
}

% local converts = A_STORED ~= "float"
% if HIDDEN_ROW == "mean" then
/* o = the mean of all values of a sequence's KV head; zeros where there are none. */
static void mean_row$D(const struct attn_sequence *sequence, int32_t kv_head, $A_STORED *o)
{
    const int32_t keys = sequence->kv_len > 0 ? sequence->kv_len : 1;
    for (int first = 0; first < D_V$D; first += PANEL$D) {
        const int end = first + PANEL$D < D_V$D ? first + PANEL$D : D_V$D;
        double sum[PANEL$D] = { 0.0 };
        for (int32_t k = 0; k < sequence->kv_len; k++) {
            float v[PANEL$D];
            read_value$D(cache_piece$D(sequence, kv_head, k / $PIECE), k, first, end, v);
            for (int d = first; d < end; d++)
                sum[d - first] += v[d - first];
        }
        for (int d = first; d < end; d++)
            o[d] = $(converts and "to_" .. A_TYPE .. "((float)(sum[d - first] / keys))" or "(float)(sum[d - first] / keys)");
    }
}

% end
% local changes = (K_NORM ~= "never" and ", normed" or "") .. (ROTATION_FLOATS > 0 and ", rotated" or "")
% local plain = changes == "" and not converts
% if not plain then
/* One key, as floats$changes. */
static void key_row$D(const struct attn_args *args, int64_t row, int32_t kv_head, float *restrict to)
{
    const $A_STORED *k = (const $A_STORED *)args->k + row * args->k_stride + kv_head * args->k_head_stride;
% local k = "k"
% if converts then
    for (int d = 0; d < D_K$D; d++)
        to[d] = from_$A_TYPE(k[d]);
% k = "to"
% end
% if K_NORM == "before" then
    norm_k$D($k$K_NORM_GIVEN, to);
% k = "to"
% end
% if ROTATION_FLOATS > 0 then
    rotate$D($k, args->k_rotation + row * $ROTATION_FLOATS, to);
% k = "to"
% end
% if K_NORM == "after" then
    norm_k$D($k$K_NORM_GIVEN, to);
% end
}

% end
% if converts and not V_IN_K then
/* One value, as floats. */
static void value_row$D(const struct attn_args *args, int64_t row, int32_t kv_head, float *restrict to)
{
    const $A_STORED *v = (const $A_STORED *)args->v + row * args->v_stride + kv_head * args->v_head_stride;
    for (int d = 0; d < D_V$D; d++)
        to[d] = from_$A_TYPE(v[d]);
}

% end
/* Tasks count sequences, then KV heads. */
static void write_run$D(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    const struct attn_sequence *sequence = &args->sequence[task / KV_HEADS$D];
    const int32_t kv_head = (int32_t)(task % KV_HEADS$D), start = sequence->kv_len - sequence->k_len;
    (void)pass;
% if plain then
    (void)scratch;
% end
    for (int32_t i = 0; i < sequence->k_len; i++) {
        const int64_t row = sequence->k_row + i;
        $piece *piece = cache_piece$D(sequence, kv_head, (start + i) / $PIECE);
% if plain then
        store_key$D(piece, start + i, (const float *)args->k + row * args->k_stride + kv_head * args->k_head_stride);
% else
        key_row$D(args, row, kv_head, scratch);
        store_key$D(piece, start + i, scratch);
% end
% if not V_IN_K and converts then
        value_row$D(args, row, kv_head, scratch);
        store_value$D(piece, start + i, scratch);
% elseif not V_IN_K then
        store_value$D(piece, start + i, (const float *)args->v + row * args->v_stride + kv_head * args->v_head_stride);
% end
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
        const $piece *piece = cache_piece$D(sequence, kv_head, (first + i) / $PIECE);
        read_key$D(piece, first + i, k + (int64_t)i * D_K$D);
        read_value$D(piece, first + i, 0, D_V$D, v + (int64_t)i * D_V$D);
    }
}

static void store$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t first,
                    int32_t count, const float *k, const float *v)
{
    for (int32_t i = 0; i < count; i++) {
        $piece *piece = cache_piece$D(sequence, kv_head, (first + i) / $PIECE);
        store_key$D(piece, first + i, k + (int64_t)i * D_K$D);
% if not V_IN_K then
        store_value$D(piece, first + i, v + (int64_t)i * D_V$D);
% end
    }
% if V_IN_K then
    (void)v;
% end
}

