% if HAS_OUTPUTS then
% local weighs = MATRIX == "normalized" or COLUMN_SUMS
% local masks = weighs or MATRIX == "masked"
% local whole = MATRIX == "product" or MATRIX == "scored"      -- hidden keys have numbers of their own, too
% local scores = HAS_SCORE and (masks or MATRIX == "scored")
% local near = HAS_NEAR and ", vload" .. T .. "(&t->near[TILE" .. F .. " - 1 - key + lane])" or ""
% -- scores are in log2, but for products that a score is to change
% local log2 = not (MATRIX == "product" and HAS_SCORE)
% local number_of_h = PRUNED and "head" .. D .. "[h]" or "h"
% local point = ({ product = "product", scored = "score", masked = "shown", normalized = "weight" })[MATRIX]
/*
** Outputs, $TARGET: a task is a tile of keys of one head, which walks all blocks of the sequence's queries in their
** order, so that sums over queries have one order. Weights follow from the lse that prefill or decode left.
*/
struct outputs_scratch$F {
    struct prefill_scratch$F block;
% if weighs then
    float m[QUERIES$F], share[QUERIES$F];    /* a weight is share * 2^(s - m) */
% end
% if COLUMN_SUMS then
    float sums[TILE$F][$LANES];              /* of the weights of a key, by lanes of queries */
% end
};

/* Keys key0 .. key0 + keys - 1 of a sequence and a head. */
struct outputs_tile$F {
    int32_t b, h, key0, keys;
% if MATRIX ~= "none" then
    int32_t slot;                /* of the head in the matrix; -1: none, or no matrix is wanted */
% end
};

% if MATRIX ~= "none" then
static int32_t outputs_slot$F(const struct attn_args *args, int32_t number)
{
    for (int32_t slot = 0; slot < $MATRIX_COUNT && args->matrix != NULL; slot++)
        if (matrix_heads$D[slot] == number)
            return slot;
    return -1;
}

% end
/* Tasks count sequences, then heads, then tiles. */
static struct outputs_tile$F outputs_tile_find$F(const struct attn_args *args, int64_t task)
{
    int32_t b = 0;
    int64_t tiles = 0;
    for (;; b++) {
        tiles = (args->sequence[b].kv_len + TILE$F - 1) / TILE$F;
        if (task < tiles * HEADS$D)
            break;
        task -= tiles * HEADS$D;
    }
    const int32_t h = (int32_t)(task / tiles), key0 = (int32_t)(task % tiles) * TILE$F;
    const int32_t left = args->sequence[b].kv_len - key0;
    const struct outputs_tile$F tile = {
% if MATRIX ~= "none" then
        b, h, key0, left < TILE$F ? left : TILE$F, outputs_slot$F(args, $number_of_h)
% else
        b, h, key0, left < TILE$F ? left : TILE$F
% end
    };
    return tile;
}

static int64_t outputs_tasks$F(const struct attn_args *args, int pass)
{
    int64_t tasks = 0;
    for (int32_t b = 0; b < args->sequences; b++)
        tasks += (args->sequence[b].kv_len + TILE$F - 1) / TILE$F * (int64_t)HEADS$D;
    return pass == 0 ? tasks : 0;
}

static size_t outputs_workspace_bytes$F(const struct attn_args *args)
{
    (void)args;
    return 0;
}

% if weighs then
% if NORMALIZE == "sigmoid" then
/* Sigmoid weights are relative to nothing. */
% elseif SINK == "none" then
/* Weights are relative to the lse, which is the log of their sum. */
% else
/* Weights are relative to the lse, and the sink takes its share: it is not in the lse. */
% end
$FN void outputs_rows$F(const struct attn_args *args, const struct prefill_block$F *block, struct outputs_scratch$F *t)
{
% if NORMALIZE == "sigmoid" then
    (void)args;
    (void)block;
% end
    for (int32_t i = 0; i < QUERIES$F; i++) {
        t->m[i] = 0.0f;
        t->share[i] = 1.0f;
    }
% if NORMALIZE == "softmax" then
    for (int32_t i = 0; i < block->queries; i++) {
        const float lse = args->lse[(block->row + i) * args->lse_stride + block->head];
        if (lse == ATTN_HIDDEN)
            continue;
        t->m[i] = (float)(lse / ATTN_LN2);
% if SINK ~= "none" then
% if SINK == "zero" then
        const float sink = -t->m[i];               /* a score of 0, relative to m */
% else
        const float sink = args->sink[block->view.h] * ATTN_LOG2E - t->m[i];
% end
        t->share[i] = 1.0f / (1.0f + vfirst$T(vexp2_exact$T(vset$T(sink < 100.0f ? sink : 100.0f))));
% end
    }
% end
}

% end
/* s = q k of the whole tile and block. */
$FN void outputs_products$F(const struct prefill_block$F *block, const struct outputs_tile$F *tile, struct prefill_scratch$F *t)
{
    const int32_t key0 = tile->key0;
    const struct block$D *stored = tile_block$D(block->sequence, kv_of$D(tile->h), key0$(GATHERS and ", TILE" .. F .. ", t->gathered" or ""));
% if K_DIRECT then
    const $K_UNIT *k = &stored->k[key0 % BLOCK$D / PANEL$D][0][key0 % PANEL$D];
% else
    const float *k = &t->k[0][0][key0 % PANEL$D];
% end
% if not K_DIRECT or K_SCALES_ROWS then
    prefill_keys$F(stored, key0, t);
% end
% if scores and HAS_NEAR then
    near_fill$F(block->first - key0 - (TILE$F - 1), TILE$F + QUERIES$F, &block->view, t->near);
% end
    for (int lane = 0; lane < QUERIES$F; lane += $(QUERY_VECTORS * LANES))
        for (int key = 0; key < TILE$F; key += $SCORE_KEYS)
            prefill_scores_$(QUERY_VECTORS)$F(k, key, lane, t, t->s[0]);
}

/* What becomes of the products: the number of the matrix in their place, and weights into the sums. */
$FN void outputs_points$F(const struct prefill_block$F *block, const struct outputs_tile$F *tile, struct outputs_scratch$F *scratch)
{
    struct prefill_scratch$F *t = &scratch->block;
    for (int32_t lane = 0; lane < block->queries; lane += $LANES) {
% if masks or scores then
        const ivec$T place = iramp$T(block->first + lane);
% end
% if masks then
        const mask$T present = ilt$T(iramp$T(lane), iset$T(block->queries));
% end
        for (int32_t key = 0; key < tile->keys; key++) {
            const vec$T product = vload$T(&t->s[0][key][lane]);
% if scores then
            const vec$T score = score_queries$F(product, place, tile->key0 + key, &block->view$near);
% elseif masks or MATRIX == "scored" then
            const vec$T score = product;
% end
% if masks then
            const mask$T sees = mand$T(mand$T(present, sees_queries$F(place, tile->key0 + key, &block->view)),
                                       vgreater$T(score, vset$T(ATTN_HIDDEN)));
% end
% if MATRIX == "masked" then
            const vec$T shown = vselect$T(sees, score, vset$T(ATTN_HIDDEN));
% end
% if weighs then
% if NORMALIZE == "sigmoid" then
            const vec$T full = weight$F(score, vload$T(&scratch->m[lane]));
% else
            const vec$T full = vexp2_exact$T(vsub$T(score, vload$T(&scratch->m[lane])));
% end
            const vec$T weight = vselect$T(sees, vmul$T(full, vload$T(&scratch->share[lane])), vzero$T());
% end
% if COLUMN_SUMS then
            vstore$T(scratch->sums[key], vadd$T(vload$T(scratch->sums[key]), weight));
% end
% if MATRIX ~= "none" then
            vstore$T(&t->s[0][key][lane], $point);
% end
        }
    }
}

% if MATRIX ~= "none" then
% local number = "t->s[0][key][i]"
% if MATRIX ~= "normalized" and log2 then number = "(float)(" .. number .. " * ATTN_LN2)" end
/* The tile's part of the matrix. */
$FN void outputs_matrix$F(const struct attn_args *args, const struct prefill_block$F *block, const struct outputs_tile$F *tile,
    const struct prefill_scratch$F *t)
{
    for (int32_t i = 0; i < block->queries && tile->slot >= 0; i++) {
        float *row = args->matrix + (block->row + i) * args->matrix_stride + tile->slot * args->matrix_head_stride;
        for (int32_t key = 0; key < tile->keys; key++)
            row[tile->key0 + key] = $number;
    }
}

% if not whole then
/* The same where no query of the block sees a key of the tile. */
static void outputs_hidden$F(const struct attn_args *args, const struct prefill_block$F *block, const struct outputs_tile$F *tile)
{
    for (int32_t i = 0; i < block->queries && tile->slot >= 0; i++) {
        float *row = args->matrix + (block->row + i) * args->matrix_stride + tile->slot * args->matrix_head_stride;
        for (int32_t key = 0; key < tile->keys; key++)
            row[tile->key0 + key] = $(MATRIX == "masked" and "ATTN_HIDDEN" or "0.0f");
    }
}

% end
% end
/* The tile with one block of queries. */
$FN void outputs_block$F(const struct attn_args *args, const struct prefill_block$F *block, const struct outputs_tile$F *tile,
    struct outputs_scratch$F *t)
{
% if not whole then
    if (sight$D(block->first, block->first + block->queries - 1, tile->key0, tile->key0 + tile->keys - 1, &block->view) == SEES_NONE) {
% if MATRIX ~= "none" then
        outputs_hidden$F(args, block, tile);
% end
        return;
    }
% end
    prefill_queries$F(args, block, &t->block);
    outputs_products$F(block, tile, &t->block);
% if weighs then
    outputs_rows$F(args, block, t);
% end
    outputs_points$F(block, tile, t);
% if MATRIX ~= "none" then
    outputs_matrix$F(args, block, tile, &t->block);
% end
}

% if COLUMN_SUMS then
/* Lanes of queries are added last. */
$FN void outputs_sums$F(const struct attn_args *args, const struct outputs_tile$F *tile, const struct outputs_scratch$F *t)
{
    if (args->column_sums == NULL)
        return;
    float *sums = args->column_sums + tile->b * args->column_sums_stride + tile->h * args->column_sums_head_stride;
    for (int32_t key = 0; key < tile->keys; key++)
        sums[tile->key0 + key] = vsum$T(vload$T(t->sums[key]));
}

% end
% local wanted = (COLUMN_SUMS and "args->column_sums == NULL" or "") .. (COLUMN_SUMS and MATRIX ~= "none" and " && " or "")
%     .. (MATRIX ~= "none" and "tile.slot < 0" or "")
$FN void outputs_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    struct outputs_scratch$F *t = scratch;
    const struct outputs_tile$F tile = outputs_tile_find$F(args, task);
    const struct attn_sequence *sequence = &args->sequence[tile.b];
    (void)pass;
    if ($wanted)
        return;
% if COLUMN_SUMS then
    memset(t->sums, 0, sizeof t->sums);
% end
    for (int32_t index = 0; index < sequence->q_len; index += QUERIES$F) {
        const int32_t left = sequence->q_len - index;
        const struct prefill_block$F block = {
            sequence, sequence->q_row + index, left < QUERIES$F ? left : QUERIES$F, sequence->q_offset + index,
            tile.h, attn_view_of(args, tile.b, $(PRUNED and "head" .. D .. "[tile.h]" or "tile.h"))
        };
        outputs_block$F(args, &block, &tile, t);
    }
% if COLUMN_SUMS then
    outputs_sums$F(args, &tile, t);
% end
}

% end
