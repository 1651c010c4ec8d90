-- Odd sizes, a window, scores, partial rotation, activations of two bytes, products of two and of four numbers: little is a multiple of a tile.
attention = {
  near = {
    heads = 6, kv_heads = 2, d_k = 37, d_v = 20,
    mask     = causal() & window { left = 70 },
    score    = { softcap(30), expr "s - t[min(abs(q - k), 3)] * abs(q - k)" { t = { 0.5, 0.25, 0, 0.125 } } },
    position = rope { base = 10000, dims = 20, pairing = interleaved },
  },
  far = {
    heads = 3, d_k = 64,
    mask  = where "k <= q or k < P" { P = 5 },
  },
  halves = { heads = 2, kv_heads = 1, d_k = 20, d_v = 37, mask = causal(), hidden_row = mean, activations = f16 },
  pairs  = { heads = 4, kv_heads = 2, d_k = 37, d_v = 20, mask = causal() & window { left = 70 }, cache = bf16, compute = bf16 },
  bytes  = { heads = 4, kv_heads = 2, d_k = 37, d_v = 20, mask = causal(), cache = int8, compute = int8 },
}
layers = { "near", "far", "halves", "pairs", "bytes" }
