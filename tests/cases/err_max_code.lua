-- A bound below what any kernel needs.
attention = { heads = 2, d_k = 16, max_code = 100 }
