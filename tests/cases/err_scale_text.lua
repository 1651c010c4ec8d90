attention = {
  heads = 8, d_k = 64,
  scale = "0.125",
}
