attention = { heads = 4, d_k = 64, outputs = { column_sums = 1 } }
