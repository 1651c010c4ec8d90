attention = {}
