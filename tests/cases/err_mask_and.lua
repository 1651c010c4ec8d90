attention = { heads = 2, d_k = 16, mask = causal() and window { left = 3 } }
