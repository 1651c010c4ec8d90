attention = {
  heads = 2, d_k = 16,
  mask = where "a[k] and b1[k] and c[k] and d[k] and e[k] and f[k] and g[k] and i[k] and j[k]" { a = array { boolean, key }, b1 = array { boolean, key }, c = array { boolean, key }, d = array { boolean, key }, e = array { boolean, key }, f = array { boolean, key }, g = array { boolean, key }, i = array { boolean, key }, j = array { boolean, key } },
}
