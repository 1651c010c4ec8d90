name = 3
attention = {
  heads = 8, d_k = 64,
}
