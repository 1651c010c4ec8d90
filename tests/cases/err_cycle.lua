local t = { heads = 8 }
t.d_k = t
attention = t
