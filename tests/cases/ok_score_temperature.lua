attention = { heads = 2, d_k = 16, mask = causal(), score = { temperature { span = 8192, scale = 0.1 }, softcap(50) } }
