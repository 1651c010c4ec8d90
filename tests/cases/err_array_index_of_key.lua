attention = {
  heads = 2, d_k = 16,
  mask = where "a[k + 1]" { a = array { boolean, key } },
}
