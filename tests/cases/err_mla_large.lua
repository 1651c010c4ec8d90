attention = { heads = 4, mla = { kv_rank = 1000, nope = 128, rope = 64, v = 128, form = absorbed } }
