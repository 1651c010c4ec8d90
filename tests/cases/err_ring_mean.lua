attention = {
  heads = 8, d_k = 64, hidden_row = mean,
  mask = causal() & window { left = 255 },
  layout = ring(),
}
