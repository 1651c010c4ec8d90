attention = { heads = 8.5, d_k = 64 }
