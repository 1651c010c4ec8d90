attention = {
  heads = 8, d_k = 64,
  kv_heads = { 4 },
}
