-- One attention with each type of activations, for the test that the type changes nothing but what is read and written;
-- and a layer that reads the cache of another.
name = "halves"
local function with(type)
  return {
    heads = 4, kv_heads = 2, d_k = 24, d_v = 37, mask = causal(), cache = f16, hidden_row = nan, activations = type,
    q_norm = rms { eps = 1e-6, weights = none }, position = rope { base = 10000, pairing = half },
  }
end
attention = { f32 = with(f32), f16 = with(f16), bf16 = with(bf16) }
layers = { "f32", "f16", "bf16", { attention = "f16", cache_of = 0 } }

