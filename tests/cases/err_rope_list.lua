attention = {
  heads = 8, d_k = 64,
  position = rope { 10000, pairing = half },
}
