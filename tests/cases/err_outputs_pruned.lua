attention = { heads = 4, d_k = 64, keep = { 0, 3 }, outputs = { matrix = masked, heads = { 0, 1 } } }
