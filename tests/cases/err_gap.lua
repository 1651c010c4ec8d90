attention = { heads = 8, [3] = 4 }
