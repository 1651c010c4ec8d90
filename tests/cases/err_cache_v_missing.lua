attention = {
  heads = 1, d_k = 64,
  cache = { k = int8 },
}
