-- stories260K's attention, in both ways of pairing the values that rotate; for stories_test.c.
name = "stories"

attention = {
  interleaved = { heads = 8, kv_heads = 4, d_k = 8, mask = causal(), position = rope { base = 10000, pairing = interleaved } },
  half        = { heads = 8, kv_heads = 4, d_k = 8, mask = causal(), position = rope { base = 10000, pairing = half } },
}

layers = { "interleaved", "half" }
