local spare = rope { base = 100, pairing = half }
attention = { heads = 2, d_k = 16, mask = causal() }
