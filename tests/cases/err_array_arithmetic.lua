attention = {
  heads = 2, d_k = 16,
  mask = where "a[k] * a[q] > 3" { a = array { integer, key } },
}
