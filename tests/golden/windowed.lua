-- A causal window with grouped heads and rotary positions; d_v has a tail.
attention = {
  heads = 4, kv_heads = 2, d_k = 32, d_v = 20,
  mask     = causal() & window { left = 15 },
  position = rope { base = 10000, pairing = half },
}
