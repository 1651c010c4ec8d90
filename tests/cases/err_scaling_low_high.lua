name = "x"

attention = { heads = 1, d_k = 8, position = rope { base = 1e4, pairing = half,
  scaling = llama3 { factor = 2, low = 4, high = 4, original = 64 } } }
