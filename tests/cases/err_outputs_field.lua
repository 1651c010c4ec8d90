attention = { heads = 4, d_k = 64, outputs = { matrix = product, sums = true } }
