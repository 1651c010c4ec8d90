-- Every scaling of rotary positions, also of some dimensions only.
name = "scalings"

local function rotated(dims, scaling)
  return { heads = 1, d_k = 8, position = rope { base = 1e4, dims = dims, pairing = half, scaling = scaling } }
end

attention = {
  none     = rotated(8, none()),
  linear   = rotated(4, linear { factor = 2.5 }),
  llama3   = rotated(8, llama3 { factor = 8, low = 1, high = 4, original = 64 }),
  yarn     = rotated(6, yarn { factor = 4, original = 64, mscale = 0.7, mscale_all_dim = 1, truncate = false }),
  fixed    = rotated(8, yarn { factor = 4, original = 64, attention_factor = 1.25 }),
  dynamic  = rotated(6, dynamic { factor = 4, original = 64, length = 200 }),
  longrope = rotated(4, longrope { factor = 4, original = 64, short = { 1, 1 }, long = { 2, 3.5 }, use = short }),
}
layers = { "none", "linear", "llama3", "yarn", "fixed", "dynamic", "longrope" }
