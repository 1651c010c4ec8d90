attention = {
  heads = 1, d_k = 64, cache = int8 { block = 32 },
  compute = int8,
}
