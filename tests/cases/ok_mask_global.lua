attention = { heads = 2, d_k = 16, mask = window { left = 20, right = 20 } | global { tokens = 2 } }
