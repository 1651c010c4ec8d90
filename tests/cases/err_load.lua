load("x = 1")()
