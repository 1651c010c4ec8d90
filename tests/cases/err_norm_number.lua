attention = { heads = 2, d_k = 16, q_norm = 1e-6 }
