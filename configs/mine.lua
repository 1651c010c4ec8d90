-- A small model to start from: 8 query heads that share 2 key/value heads, causal, rotary.
name = "mine"

attention = {
  heads    = 8,
  kv_heads = 2,
  d_k      = 64,
  mask     = causal(),
  position = rope { base = 10000, pairing = half },
}
