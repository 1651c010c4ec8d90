-- Arrays that the caller hands over: over every axis, of every type, from words and from expressions; shared by mask and score.
attention = {
  packed = { heads = 2, d_k = 16, mask = document() & causal(), score = bias() },
  any = { heads = 2, d_k = 16, mask = boolean() | causal() },
  cross = { heads = 2, d_k = 16, mask = cross_document(), score = t5_bias { bidirectional = true } },
  listed = { heads = 2, d_k = 16, mask = blocks { size = 64, count = 32 }, score = shaw { clip = 16 } },
  own = {
    heads = 2, d_k = 16,
    mask = where "kind[q] <= kind[k] and part[min(max(q - k, 0), 3)] > n[b][h]" {
      kind = array { integer, key }, part = array { integer { min = -3, max = 3 }, 4 }, n = array { integer, sequence, head },
    },
    score = expr "if kind[q] == kind[k] then s + r[q][h][1] else s" { kind = array { integer, key }, r = array { number, query, head, 9 } },
  },
}
layers = { "packed", "any", "cross", "listed", "own" }
