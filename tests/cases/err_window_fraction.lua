attention = {
  heads = 8, d_k = 64,
  mask = causal() &
    window { left = 0.5 },
}
