attention = {
  ["a b"] = { heads = 8, d_k = 64 },
}
layers = { "a b" }
