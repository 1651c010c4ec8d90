attention = {
  heads = 8,
  kv_heads = 8,

  d_k = "64",
}
