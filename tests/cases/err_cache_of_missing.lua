attention = {
  one = { heads = 8, d_k = 64 },
  two = { heads = 8, d_k = 64, mask = causal(), cache = f16 },
}
layers = { "one", "two", { attention = "one" } }
