name = ("x"):rep(1 << 30)
