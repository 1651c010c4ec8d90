attention = { heads = 2, d_k = 16, mask = causal() & chunk { size = 100 } }
