name = "x"

attention = { heads = 1, d_k = 8, position = rope { base = 1e4, pairing = half,
  scaling = dynamic { factor = 2, original = 64, length = 63 } } }
