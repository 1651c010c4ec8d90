attention = {
  heads = 2, d_k = 16,
  mask = where "a[q][k]" { a = array { boolean, key } },
}
