-- The key axis is cut into chunks from place 0 on; a query sees its own. Llama 4: causal() & chunk { size = 8192 }.
name = "chunk"
help = "a query sees the keys of its own chunk"
parameters = {
  { name = "size", type = integer, min = 1, max = 8388608, help = "keys of a chunk" },
}
sees = "k >= q // size * size and k < q // size * size + size"
