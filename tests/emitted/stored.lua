-- Every type of cache, and of products over it, for the test of what each costs in exactness.
name = "stored"
local function stored(cache, compute) return { heads = 4, kv_heads = 2, d_k = 64, mask = causal(), cache = cache, compute = compute } end
attention = {
  f32 = stored(f32), f16 = stored(f16), bf16 = stored(bf16), fp8 = stored(fp8), int8 = stored(int8),
  int8_blocks = stored(int8 { block = 32 }), int4 = stored(int4), int8_f16 = stored { k = int8, v = f16 },
  bf16_all = stored(bf16, bf16), int8_keys = stored(int8, int8),
}
layers = { "f32", "f16", "bf16", "fp8", "int8", "int8_blocks", "int4", "int8_f16", "bf16_all", "int8_keys" }
