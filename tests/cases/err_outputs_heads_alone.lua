attention = { heads = 4, d_k = 64, outputs = { heads = { 0 }, column_sums = true } }
