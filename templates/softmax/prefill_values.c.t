% local far = INTERLEAVE == 0 and not GATHERS
% local width = VALUE_VECTORS * LANES
% local full = V_ROW // width * width
% -- floats are read where they are cached, in strips of columns; other types are converted to rows
% local strip, strips_apart = V_ROW, 0
% if V_DIRECT then strip, strips_apart = V_STRIP, BLOCK // V_KEYS * V_STRIP end
% local column_place = strip == V_ROW and "column" or "column / " .. strip .. " * " .. strips_apart .. " + column % " .. strip
% -- register tiles of o: whole ones, and one for the columns that are left
% local shapes = {}
% if full > 0 then
%     shapes[1] = { name = "", vectors = VALUE_VECTORS, queries = VALUE_QUERIES, start = 0, stop = full }
% end
% if full < V_ROW then
%     shapes[#shapes + 1] = { name = "_rest", vectors = (V_ROW - full) // LANES, queries = REST_QUERIES,
%                             start = full, stop = V_ROW }
% end
% -- C of o += p v for one key, or a unit of V, of which the second value may be left out
% local function add_values(shape, half)
% for j = 0, shape.vectors - 1 do
% local load = V_LOAD .. T .. "(v + " .. j * LANES // strip * strips_apart + j * LANES % strip .. ")"
        const $V_PART$T v$j = $(half and "iand" .. T .. "(" .. load .. ", kept)" or load);
% end
% for i = 0, shape.queries - 1 do
        const $V_PART$T p$i = $P_SET$T(p[$i]);
% for j = 0, shape.vectors - 1 do
        o$(i)_$j = $V_PRODUCT$T($(V_KEYS > 1 and "v" .. j .. ", p" .. i or "p" .. i .. ", v" .. j), o$(i)_$j);
% end
% end
% end
% for _, shape in ipairs(shapes) do
/*
** o += p v over `keys` keys, for $(shape.queries) queries x $(shape.vectors * LANES) columns from `column` on: one FMA chain over
** the keys for each, from 0 in a segment's first tile. v and p start at the first key, p and o at the first query, v at
** the first column. Where there are results, o goes there, done.
*/
OP$T void prefill_values$(shape.name)$F(const $V_UNIT *restrict v, const float *restrict p, int32_t keys, int first,
    float (*restrict o)[V_ROW$D], int column, const struct prefill_results$F *results, int32_t query)
{
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
    vec$T o$(i)_$j = vzero$T();
% end
% end
    if (!first) {
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        o$(i)_$j = vload$T(&o[$i][column + $(j * LANES)]);
% end
% end
    }
% if V_KEYS == 1 then
    for (; keys > 0; keys--, v += $strip, p += QUERIES$F) {
% add_values(shape, false)
    }
% else
    for (; keys > 1; keys -= 2, v += $strip, p += 2 * QUERIES$F) {
% add_values(shape, false)
    }
    if (keys > 0) {                          /* the second value of the last unit may not be there */
        const ivec$T kept = iset$T(0xffff);
% add_values(shape, true)
    }
% end
    if (results == NULL) {
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        vstore$T(&o[$i][column + $(j * LANES)], o$(i)_$j);
% end
% end
    } else {
        $A_STORED *row = results->o + query * results->apart;
% for i = 0, shape.queries - 1 do
% for j = 0, shape.vectors - 1 do
        finish_columns$F(row, column + $(j * LANES), o$(i)_$j, results->factor[query + $i]);
% end
% if i < shape.queries - 1 then
        row += results->apart;
% end
% end
    }
}

% end
% -- lines of the next tile's K for each register tile of o
% local register_tiles = 0
% for _, shape in ipairs(shapes) do
%     register_tiles = register_tiles + (shape.stop - shape.start) // (shape.vectors * LANES) * (QUERIES // shape.queries)
% end
% local far_lines = (TILE * K_BYTES + 64 * register_tiles - 1) // (64 * register_tiles)
/* A tile whose scores are there, and whose part of o may still be to come. */
struct prefill_tile$F {
    float (*s)[QUERIES$F];       /* scores, or weights once weighed */
    struct prefill_seen$F *seen;
    const $V_UNIT *v;
    int32_t key0, keys;          /* no keys: no tile */
    int sight, weighed;
    int first;                   /* of its segment: o is still 0 */
% if far then
    const char *next;            /* K of the tile behind it, where that is to be fetched */
% end
% if GATHERS then
    int turn;                    /* which of the gathered blocks v may be in */
% end
};

/*
** o += p v for the queries start .. end - 1, whole register tiles of them, into the state or, where there are any, the results.
** A tile with hidden scores skips what is hidden from all queries of a register tile.$(far and " K of the next tile may be fetched\n** meanwhile." or "")
*/
$FN void prefill_accumulate$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    int32_t start, int32_t end, const struct prefill_results$F *results, struct prefill_scratch$F *t)
{
% if far then
    const char *next = results == NULL ? tile->next : NULL;
% end
% for _, shape in ipairs(shapes) do
    for (int column = $(shape.start); column < $(shape.stop); column += $(shape.vectors * LANES))
        for (int32_t query = start; query < end; query += $(shape.queries)) {
            int32_t first = tile->key0, last = tile->key0 + tile->keys - 1;
% if far then
            for (int line = 0; next != NULL && line < $far_lines; line++, next += 64)
                ATTN_FETCH(next);
% end
            const int32_t left = end - query, queries = left < $(shape.queries) ? left : $(shape.queries);
            if (tile->sight != SEES_ALL)
                visible_keys$D(block->first + query, block->first + query + queries - 1,
                               &block->view, &first, &last);
            const int32_t from = first <= last ? $(V_KEYS == 1 and "first - tile->key0" or "(first - tile->key0) / 2 * 2") : 0;
            const int32_t keys = first <= last ? last + 1 - tile->key0 - from : 0;
            if (keys > 0 || tile->first || results != NULL)
                prefill_values$(shape.name)$F(tile->v + $column_place + from$(V_KEYS > 1 and " / " .. V_KEYS or "") * $strip, &tile->s[from][query], keys,
                               tile->first, &t->state->o[query], column, results, query);
        }
% end
}

/* Weights of a tile that are still to come, and l. */
$FN void prefill_weigh$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
    if (!tile->weighed && tile->sight == SEES_ALL)
        prefill_weights_all$F(t, tile->s);
    else if (!tile->weighed)
        prefill_weights_some$F(t, block->queries, tile->seen, tile->s);
    prefill_sum$F(t, block->queries);
}

/* What is still to come of a tile: weights, l and o. */
$FN void prefill_settle$F(const struct prefill_block$F *block, const struct prefill_tile$F *tile,
    struct prefill_scratch$F *t)
{
    if (tile->keys == 0)
        return;
    prefill_weigh$F(block, tile, t);
    prefill_accumulate$F(block, tile, 0, block->queries, NULL, t);
}

/* Results of the queries start .. end - 1 from the total. */
$FN void prefill_finish$F(const struct attn_args *args, const struct prefill_block$F *block, int32_t start, int32_t end,
    const struct prefill_scratch$F *t)
{
    for (int32_t i = start; i < end; i++)
        finish$F(args, block->sequence, block->row + i, block->head, t->total.m[i], t->total.l[i], t->total.o[i]);
}

% local line = A_STORED == "float" and 16 or 32      -- elements
/*
** Asks for the queries of a head in the rows row .. end - 1, and for where their results go. Inside of its caller: GCC drops
** the call of a function that does nothing but ask.
*/
OP$T void prefill_fetch$F(const struct attn_args *args, int32_t head, int64_t row, int64_t end)
{
    for (; row < end; row++) {
        const $A_STORED *q = (const $A_STORED *)args->q + row * args->q_stride + head * args->q_head_stride;
        const $A_STORED *o = (const $A_STORED *)args->o + row * args->o_stride + head * args->o_head_stride;
        for (int d = 0; d < D_K$D; d += $line)
            ATTN_FETCH(q + d);
        for (int d = 0; d < D_V$D; d += $line)
            ATTN_FETCH(o + d);
    }
}

% -- as few queries as are whole register tiles of all shapes
% local rows = 1
% local function is_whole(count)
%     local whole = QUERIES % count == 0
%     for _, shape in ipairs(shapes) do whole = whole and count % shape.queries == 0 end
%     return whole
% end
% while not is_whole(rows) do rows = rows + 1 end
/*
** The same for the last tile of an only segment, and the results: of $rows queries at a time, so that the memory which
** they go to is waited for while o of the next ones is made. Where fewer queries than that are
** left, o goes through the state. As many rows of the next block are asked for each time.
*/
$FN void prefill_conclude$F(const struct attn_args *args, const struct prefill_block$F *block,
    const struct prefill_tile$F *tile, struct prefill_scratch$F *t)
{
    const struct prefill_state$F *total = &t->total;
    const int64_t next = block->row + QUERIES$F, end = block->sequence->q_row + block->sequence->q_len;
    int32_t query = 0;
    if (tile->keys > 0) {
        struct prefill_results$F *results = &t->results;
        results->o = ($A_STORED *)args->o + block->row * args->o_stride + block->head * args->o_head_stride;
        results->apart = args->o_stride;
        prefill_weigh$F(block, tile, t);
        for (; query + $rows <= block->queries; query += $rows) {
            prefill_fetch$F(args, block->head, next + query, next + query + $rows < end ? next + query + $rows : end);
            for (int32_t i = query; i < query + $rows; i++)
                results->factor[i] = finish_factor$F(args, block->row + i, block->head, total->m[i], total->l[i]);
            prefill_accumulate$F(block, tile, query, query + $rows, results, t);
            for (int32_t i = query; i < query + $rows; i++)
                if (total->l[i] == 0.0f)
                    finish_hidden$F(block->sequence, block->head, results->o + i * results->apart);
        }
        prefill_accumulate$F(block, tile, query, block->queries, NULL, t);
    }
    prefill_finish$F(args, block, query, block->queries, t);
}

