attention = causal()
