attention = {
  heads = 8, d_k = 64,
  mask = rope { base = 10000, pairing = half },
}
