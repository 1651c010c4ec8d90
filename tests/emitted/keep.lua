-- A layer, and the same layer with heads left out: 2, 3, none and 1 of its groups of 3.
name = "keep"

local function layer(kept)
  return {
    heads = 12, kv_heads = 4, keep = kept, d_k = 20, d_v = 13, mask = where "k <= q and (h % 2 == 0 or q - k < 40)", score = alibi(),
    sink = per_head, q_norm = rms { eps = 1e-6, weights = per_head }, k_norm = rms { eps = 1e-6, weights = per_head },
  }
end

attention = { whole = layer(), pruned = layer { 0, 2, 3, 4, 5, 11 } }

layers = { "whole", "pruned" }
