attention = {
  heads = 8, d_k = 64,
  mask = where "k <= q and W2 < k" {
    W2 = 3,
    W = 4 },
}
