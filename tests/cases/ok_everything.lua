-- Every field, in every form that it has.
name = "every_thing"
local window_size = 1024 - 1
attention = {
  near = {
    heads = 8, kv_heads = 2, d_k = 64, d_v = 32, scale = 1 / 8,
    mask     = causal() & window { left = window_size },
    position = rope { base = 1e4, dims = 32, pairing = interleaved },
    cache    = f32,
  },
  far = {
    heads = 8.0, kv_heads = 16 // 8, d_k = 64,
    mask     = where "k <= q and (k // W == q // W or k < 4)" { W = 4096 },
    position = none(),
    cache    = f32(),
  },
}
layers = { "near", "near", "far", "near" }
