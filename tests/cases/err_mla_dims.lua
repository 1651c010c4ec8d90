attention = {
  heads = 4, mla = { kv_rank = 512, nope = 128, rope = 64, v = 128 },
  position = rope { base = 10000, dims = 32, pairing = half },
}
