attention = { heads = causal, d_k = 64 }
