attention = {
  one   = { heads = 8, d_k = 64, mask = causal(), layout = contiguous() },
  paged = { heads = 8, d_k = 64, mask = causal(), layout = paged { tokens = 128 } },
  ring  = { heads = 8, d_k = 64, mask = causal() & window { left = 255 }, layout = ring() },
  far   = { heads = 8, d_k = 64, mask = where "k <= q and 2 * k >= 2 * q - W or k == q" { W = 99 }, layout = ring() },
}
layers = { "one", "paged", "ring", "far" }
