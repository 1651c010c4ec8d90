attention = {
  heads = 2, kv_heads = 1, d_k = 96, d_v = 64, v = tail_of_k, cache = bf16,
  compute = bf16,
}
