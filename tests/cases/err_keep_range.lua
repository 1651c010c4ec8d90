name = "x"
attention = { heads = 4, d_k = 8,
  keep = { 0, 4 } }
