-- mine.h and mine.c are made from this: attngen emit examples/c-makefile/mine.lua -o examples/c-makefile
name = "mine"

attention = {
  heads = 6, kv_heads = 2, d_k = 32,
  mask     = causal(),
  position = rope { base = 10000, pairing = half },
}
