attention = { heads = 2, d_k = 16, mask = causal() & dilated { stride = 3 } }
