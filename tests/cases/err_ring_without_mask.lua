attention = {
  heads = 8, d_k = 64,
  mask = where "k < 4peak",
  layout = ring(),
}
