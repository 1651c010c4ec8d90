attention = {
  heads = 8, d_k = 64,
  activations = "f16",
}
