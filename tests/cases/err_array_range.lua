attention = {
  heads = 2, d_k = 16,
  mask = where "a[k] > 1" { a = array { integer { min = 4, max = 2 }, key } },
}
