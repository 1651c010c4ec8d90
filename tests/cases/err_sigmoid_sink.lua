attention = { heads = 2, d_k = 16, normalize = sigmoid, sink = zero }
