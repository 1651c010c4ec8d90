attention = {
  qwen  = { heads = 4, kv_heads = 2, d_k = 16, q_norm = rms { eps = 1e-6 }, k_norm = rms { eps = 1e-6, offset = 1 } },
  llama = { heads = 4, d_k = 16, position = rope { base = 1e4, pairing = half }, k_norm = rms { eps = 1e-5, weights = none, when = after } },
  cohere = { heads = 4, d_k = 16, q_norm = layer { eps = 1e-5, weights = per_head, bias = true }, k_norm = l2 { eps = 1e-12 } },
}
layers = { "qwen", "llama", "cohere" }
