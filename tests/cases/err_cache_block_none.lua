attention = {
  heads = 1, d_k = 64,
  cache = int4 { block = 0 },
}
