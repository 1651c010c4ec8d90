attention = { heads = 2, d_k = 16, mask = causal() | prefix { length = 37 } }
