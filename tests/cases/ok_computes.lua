-- Every way to make products, over every cache that holds what it needs.
local function computed(cache, compute) return { heads = 4, kv_heads = 2, d_k = 37, d_v = 20, cache = cache, compute = compute } end
attention = {
  floats = computed(f16, f32),
  halves = computed(bf16, bf16()),
  bytes  = computed(int8, int8),
  keys   = computed({ k = int8, v = f16 }, int8),
}
layers = { "floats", "halves", "bytes", "keys" }
