attention = { heads = 4, mla = 512 }
