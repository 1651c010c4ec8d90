-- A query sees the keys up to its own place on the key axis.
name = "causal"
help = "a query sees itself and the keys before it"
sees = "k <= q"
