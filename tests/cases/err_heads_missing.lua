attention = {
  d_k = 64,
}
