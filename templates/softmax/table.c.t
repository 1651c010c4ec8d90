static const struct attn_attention attention$F = {
    "$DEFINITION", "$LINE_QUOTED", "$TARGET", "$A_TYPE",
    HEADS$D, KV_HEADS$D, D_K$D, D_V$D, $ROTATION_FLOATS,
% if ARRAYS > 0 then
    $ARRAYS, arrays$D,
% else
    0, NULL,
% end
% if MATRIX ~= "none" then
    $MATRIX_COUNT, matrix_heads$D,
% else
    0, NULL,
% end
    $PAGE_TOKENS, $RING_REACH, cache_bytes$D, $ROTATION,
    {
        "rows into blocks of $BLOCK keys, K by $PANEL keys, V by $V_STRIP columns",
        1, $(A_STORED ~= "float" and not V_IN_K and D_V > D_K and "D_V" or "D_K")$D * sizeof(float), write_workspace_bytes$D, write_tasks$D, write_run$D
    },
    {
        "$PREFILL_PLAN",
        $(BOUNDS ~= "" and 3 or 2), sizeof(union prefill_room$F),
        prefill_workspace_bytes$F, prefill_tasks$F, prefill_run$F
    },
    {
        "$DECODE_PLAN",
        2, sizeof(struct decode_scratch$F),
        decode_workspace_bytes$F, decode_tasks$F, decode_run$F
    },
% if HAS_OUTPUTS then
    {
        "tiles of $TILE keys, blocks of $QUERIES queries",
        1, sizeof(struct outputs_scratch$F), outputs_workspace_bytes$F, outputs_tasks$F, outputs_run$F
    },
% else
    { NULL, 0, 0, NULL, NULL, NULL },
% end
    read$D, store$D, $(PRUNED and "head" .. D .. ", kv_head" .. D or "NULL, NULL"),
    merge_results$F
};

