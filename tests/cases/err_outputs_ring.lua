attention = { heads = 4, d_k = 64, mask = causal() & window { left = 9 }, layout = ring(), outputs = { matrix = product } }
