attention = {
  one = { heads = 8, d_k = 64 },
  two = { heads = 4, d_k = 64 },
}
layers = 2
