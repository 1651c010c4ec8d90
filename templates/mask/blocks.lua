-- Queries and keys in blocks of `size` places, of which the array says which see which; places behind the last block belong to it.
name = "blocks"
help = "a block of queries sees those blocks of keys that booleans block[head][query block][key block] say"
parameters = {
  { name = "size", type = integer, min = 1, max = 8388608, help = "places of a block" },
  { name = "count", type = integer, min = 1, max = 65536, help = "blocks on each side" },
}
arrays = { block = array { boolean, head, "count", "count" } }
sees = "block[h][min(max(q // size, 0), count - 1)][min(k // size, count - 1)]"
