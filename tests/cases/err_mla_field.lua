attention = { heads = 4, mla = { kv_rank = 512, nope = 128, rope = 64, v = 128, q_rank = 9 } }
