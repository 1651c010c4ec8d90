attention = {
  heads = 2, d_k = 16,
  score = expr "s + a[h + 1]" { a = array { number, head } },
}
