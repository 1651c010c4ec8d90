-- 32 query heads that share 8 KV heads, causal: the shape of many language models.
attention = { heads = 32, kv_heads = 8, d_k = 128, mask = causal(), position = none() }
