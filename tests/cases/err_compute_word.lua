attention = {
  heads = 1, d_k = 64, cache = bf16,
  compute = f16,
}
