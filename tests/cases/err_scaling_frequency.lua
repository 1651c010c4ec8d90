name = "x"

attention = { heads = 1, d_k = 8, position = rope { base = 1e4, pairing = half,
  scaling = longrope { factor = 2, original = 64, use = long, short = { 1, 1, 1, 1 }, long = { 1, 0.001, 1, 1 } } } }
