attention = {
  heads = 8, d_k = 64,
  layout = paged { tokens = 48 },
}
