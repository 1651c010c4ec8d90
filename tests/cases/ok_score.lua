attention = {
  heads = 12, d_k = 16, mask = causal() & chunk(64),
  score = { softcap(50), alibi(), expr "s - a * max(0, q - k - w) + t[h % 2]" { a = 0.25, w = 3, t = { 0, 0.5 } } },
}
