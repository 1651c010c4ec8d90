attention = {
  heads = "8",
  d_k = -1,
  maks = causal(),
}
name = 3
