attention = {
  one = { heads = 8, d_k = 64 },
  two = {
    heads = 8,
    d_k = "64" },
}
layers = { "one", "two" }
