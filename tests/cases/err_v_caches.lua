attention = { heads = 4, d_k = 64, d_v = 40, v = tail_of_k, cache = { k = f16, v = f32 } }
