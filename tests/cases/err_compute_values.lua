attention = {
  heads = 1, d_k = 64, cache = { k = bf16, v = f32 },
  compute = bf16,
}
