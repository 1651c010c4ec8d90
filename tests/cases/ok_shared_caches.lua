-- As in Gemma 3n: the last layers read the caches of the last ones of their kind before them.
local function layer(mask) return { heads = 8, kv_heads = 2, d_k = 64, mask = mask, position = rope { base = 10000, pairing = half } } end
local near, far = layer(causal() & window { left = 511 }), layer(causal())
attention = { near = near, far = far }
layers = { "near", "near", "far", "near", { attention = "near", cache_of = 3 }, { attention = "far", cache_of = 2 }, { attention = "near", cache_of = 3 } }
