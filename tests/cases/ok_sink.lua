attention = {
  near = { heads = 4, kv_heads = 2, d_k = 16, mask = causal() & window { left = 127 }, sink = per_head },
  far  = { heads = 4, kv_heads = 2, d_k = 16, mask = causal(), sink = zero },
}
layers = { "near", "far" }
