attention = { heads = 3, d_k = 16, score = expr "s + t[h]" { t = { 1, 2 } } }
