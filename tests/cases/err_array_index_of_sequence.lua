attention = {
  heads = 2, d_k = 16,
  mask = where "a[h][k]" { a = array { boolean, sequence, key } },
}
