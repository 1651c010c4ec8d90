attention = {
  one = { heads = 8, d_k = 64, mask = causal },
  two = { heads = 8, d_k = 64, mask = where "k <= q" },
}
layers = { "one", "two" }
