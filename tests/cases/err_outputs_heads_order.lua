attention = { heads = 4, d_k = 64, outputs = { matrix = masked, heads = { 2, 1 } } }
