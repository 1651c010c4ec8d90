attention = { heads = 2, d_k = 16, hidden_row = 0 }
