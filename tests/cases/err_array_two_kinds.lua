attention = {
  heads = 2, d_k = 16,
  mask = where "a[k]" { a = array { boolean, key } }, score = expr "s + a[k]" { a = array { number, key } },
}
