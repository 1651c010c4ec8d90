attention = {
  near = { heads = 8, d_k = 64, mask = causal() & window { left = 63 }, layout = ring() },
  far = { heads = 8, d_k = 64, mask = causal() & window { left = 255 }, layout = ring() },
}
layers = { "near", "far", { attention = "near", cache_of = 1 },
  { attention = "far", cache_of = 0 } }
