name = "a b"
attention = {
  heads = 8,
  d_k = 64,
  mask = 3,
  position = 4,
  cache = 5,
}
