attention = { heads = 4, d_k = 64, outputs = normalized }
