attention = { heads = 2, d_k = 16, k_norm = layer { eps = 1e-6, weights = none, bias = true } }
