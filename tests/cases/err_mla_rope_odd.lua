attention = { heads = 4, mla = { kv_rank = 512, nope = 128, rope = 63, v = 128 } }
