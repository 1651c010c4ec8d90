attention = { heads = 4, d_k = 64, v = head_of_k }
