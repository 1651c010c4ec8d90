-- Bounds of the keys cross: what is left is empty before the last condition is looked at.
attention = {
  heads = 2, d_k = 1, mask = causal() & where "(q - k < 64 or k + 100 > 200) and q_len + 1 == 15",
}
