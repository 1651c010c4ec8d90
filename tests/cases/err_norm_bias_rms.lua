attention = { heads = 2, d_k = 16, k_norm = rms { eps = 1e-6, bias = true } }
