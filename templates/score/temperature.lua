-- Llama 4: far along the sequence queries grow, so that attention over many keys stays as sharp. The factor is
-- 1 + scale ln(floor((q + 1) / span) + 1): it rises by steps of `span` places, and is 1 in the first of them.
name = "temperature"
help = "scores grow with the query's place: s * (1 + scale * ln(floor((q + 1) / span) + 1))"
parameters = {
  { name = "span",  type = integer, min = 1, default = 8192, help = "places of the key axis from one step to the next" },
  { name = "scale", type = number, min = 0, max = 1e3, default = 0.1, help = "how fast the factor grows" },
}
changes = "s * (1 + scale * log((max(q, -1) + 1) // span + 1))"
