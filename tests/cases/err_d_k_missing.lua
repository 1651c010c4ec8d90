attention = { heads = 8 }
