attention = { heads = 1, d_k = 1 }
