attention = { heads = 0, d_k = 64 }
