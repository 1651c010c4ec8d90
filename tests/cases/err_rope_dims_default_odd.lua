attention = {
  heads = 8, d_k = 63,
  position = rope { base = 10000, pairing = half },
}
