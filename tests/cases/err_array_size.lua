attention = {
  heads = 2, d_k = 16,
  mask = where "a[h]" { a = array { boolean, 0 } },
}
