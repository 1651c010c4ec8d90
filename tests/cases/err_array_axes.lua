attention = {
  heads = 2, d_k = 16,
  mask = where "a[k]" { a = array { boolean } },
}
