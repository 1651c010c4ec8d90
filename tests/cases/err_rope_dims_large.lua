attention = {
  heads = 8, d_k = 64,
  position = rope { base = 10000, dims = 66, pairing = half },
}
