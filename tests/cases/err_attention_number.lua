attention = 3
