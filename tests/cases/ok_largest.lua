attention = { heads = 1024, kv_heads = 512, d_k = 1024, d_v = 1024 }
