-- The same attention in pages, in rings and in one piece; for serving_test.c.
name = "serving"

local function near(layout)
  return { heads = 4, kv_heads = 2, d_k = 16, mask = causal() & window { left = 40 }, layout = layout,
           position = rope { base = 10000, pairing = half } }
end

local function far(layout)
  return { heads = 4, kv_heads = 1, d_k = 8, mask = causal(), layout = layout, position = rope { base = 100, pairing = interleaved } }
end

attention = {
  near_paged = near(paged { tokens = 64 }), near_ring = near(ring()), near_flat = near(contiguous()),
  near_small = near(paged { tokens = 16 }), far_small = far(paged { tokens = 16 }),
  far_paged = far(paged { tokens = 64 }), far_flat = far(contiguous()),
}

layers = { "near_paged", "near_ring", "near_flat", "near_small", "far_small", "far_paged", "far_flat" }
