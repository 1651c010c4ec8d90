-- Dynamic NTK: known, so that it can be refused with the reason.
name = "dynamic"
help = "refused: its base grows with the current length, while keys in the cache keep the old rotation"
parameters = {
  { name = "factor", type = number, min = 1, max = 1e6, default = 1, help = "how many times longer the context is" },
}
refuses = [[
return "its base grows with the current length, while keys in the cache keep the old rotation (try yarn or linear)"
]]
frequency = "return base ^ (-2 * i / dims)"
magnitude = "return 1"
