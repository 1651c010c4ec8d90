attention = { heads = 1025, d_k = 64 }
