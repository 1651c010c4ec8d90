-- windowed.h and windowed.c are made from this: attngen emit examples/cmake/windowed.lua -o examples/cmake
name = "windowed"

attention = {
  heads = 4, d_k = 24, d_v = 16,
  mask = causal() & window { left = 15 },
}
