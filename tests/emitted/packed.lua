-- Masks of documents, whose ids only the caller knows: what emitted code says of tiles.
name = "packed"

attention = {
  own    = { heads = 1, d_k = 8, mask = document() },
  before = { heads = 1, d_k = 8, mask = document() & causal() },
  cross  = { heads = 1, d_k = 8, mask = cross_document() },
}

layers = { "own", "before", "cross" }
