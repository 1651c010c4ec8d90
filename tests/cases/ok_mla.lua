attention = {
  naive    = { heads = 4, mla = { kv_rank = 48, nope = 20, rope = 16, v = 24 }, mask = causal(), position = rope { base = 10000, pairing = half } },
  absorbed = { heads = 4, mla = { kv_rank = 48, nope = 20, rope = 16, v = 24, form = absorbed }, mask = causal(), position = rope { base = 10000, pairing = half } },
  shared   = { heads = 6, kv_heads = 2, d_k = 40, d_v = 20, v = tail_of_k, cache = int8 },
}
layers = { "naive", "absorbed", "shared" }
