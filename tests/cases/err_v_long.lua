attention = { heads = 4, d_k = 64, d_v = 80, v = tail_of_k }
