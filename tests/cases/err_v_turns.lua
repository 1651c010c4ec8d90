attention = {
  heads = 4, d_k = 64, d_v = 40, v = tail_of_k,
  position = rope { base = 10000, dims = 32, pairing = half },
}
