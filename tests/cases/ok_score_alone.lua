attention = { heads = 2, d_k = 16, score = softcap { cap = 30 } }
