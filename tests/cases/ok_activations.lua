attention = {
  given   = { heads = 8, d_k = 64, activations = f32 },
  halves  = { heads = 8, d_k = 64, activations = f16 },
  uppers  = { heads = 8, d_k = 64, activations = bf16 },
  without = { heads = 8, d_k = 64 },
}
layers = { "given", "halves", "uppers", "without" }
