-- Every cache, in every form that it has.
local function stored(cache) return { heads = 4, kv_heads = 2, d_k = 64, cache = cache } end
attention = {
  halves   = stored(f16),
  bfloats  = stored(bf16()),
  eighths  = stored(fp8),
  rows     = stored(int8),
  blocks   = stored(int8 { block = 32 }),
  given    = stored(int8(64)),
  nibbles  = stored(int4),
  small    = stored(int4 { block = 16 }),
  both     = stored { k = int8, v = f16 },
  scaled   = stored { k = f32, v = int4 { block = 32 } },
}
layers = { "halves", "bfloats", "eighths", "rows", "blocks", "given", "nibbles", "small", "both", "scaled" }
