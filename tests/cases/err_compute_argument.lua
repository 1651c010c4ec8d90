attention = {
  heads = 1, d_k = 64, cache = bf16,
  compute = bf16(1),
}
