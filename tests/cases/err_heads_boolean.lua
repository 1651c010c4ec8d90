attention = { heads = true, d_k = 64 }
