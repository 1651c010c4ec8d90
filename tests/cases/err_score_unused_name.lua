attention = { heads = 2, d_k = 16, score = expr "s * 2" { a = 3 } }
