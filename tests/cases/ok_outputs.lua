-- each point of the matrix, chosen heads and sums
attention = {
  product    = { heads = 2, d_k = 16, outputs = { matrix = product } },
  scored     = { heads = 2, d_k = 16, score = alibi(), outputs = { matrix = scored, heads = { 1 } } },
  masked     = { heads = 2, d_k = 16, mask = causal() & window { left = 4 }, layout = ring(), outputs = { matrix = masked } },
  normalized = { heads = 2, d_k = 16, normalize = sigmoid, outputs = { matrix = normalized, heads = { 0, 1 }, column_sums = true } },
  sums       = { heads = 2, d_k = 16, outputs = { column_sums = true } },
}
layers = { "product", "scored", "masked", "normalized", "sums" }
