-- Positions are squeezed: all frequencies are divided by the factor.
name = "linear"
help = "all frequencies are divided by `factor`"
parameters = {
  { name = "factor", type = number, min = 1, max = 1e6, help = "how many times longer the context is" },
}
frequency = "return base ^ (-2 * i / dims) / factor"
magnitude = "return 1"
