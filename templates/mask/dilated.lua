-- Every stride-th key counted from the query's own place: causal() & dilated { stride = 4 }.
name = "dilated"
help = "a query sees every stride-th key, counted from its own place"
parameters = {
  { name = "stride", type = integer, min = 2, max = 8388608, help = "distance of the keys it sees" },
}
sees = "(q - k) % stride == 0"
