attention = {
  heads = 2, d_k = 16,
  mask = where "k <= q" { a = array { boolean, key } },
}
