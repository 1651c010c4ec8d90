attention = {
  heads = 4, mla = { kv_rank = 512, nope = 128, rope = 64, v = 128, form = absorbed },
  position = rope { base = 10000, pairing = half },
  k_norm = rms { eps = 1e-6 },
}
