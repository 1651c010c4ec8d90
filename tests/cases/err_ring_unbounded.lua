attention = {
  heads = 8, d_k = 64,
  mask = causal() & window { left = 255 } | where "k < 4",
  layout = ring(),
}
