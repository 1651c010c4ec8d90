-- The smallest text: no mask, no positions.
attention = { heads = 2, d_k = 16, mask = none(), position = none() }
