attention = { heads = 2, d_k = 16, k_norm = layer { eps = 0 } }
