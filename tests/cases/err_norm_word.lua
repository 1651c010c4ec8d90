attention = { heads = 2, d_k = 16, q_norm = rmz { eps = 1e-6 } }
