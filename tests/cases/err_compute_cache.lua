attention = {
  heads = 1, d_k = 64, cache = f16,
  compute = bf16,
}
