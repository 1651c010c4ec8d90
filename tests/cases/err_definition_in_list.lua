attention = {
  one = { heads = 8, d_k = 64 },
  { heads = 8, d_k = 64 },
}
