attention = { heads = 4, d_k = 64, outputs = { matrix = normalized, heads = { 0, 4 } } }
