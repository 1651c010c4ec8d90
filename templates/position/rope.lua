-- Rotary positions: pairs of q and k are turned by position * base ^ (-2 i / dims).
name = "rope"
help = "rotary positions: pairs of q and k are turned by their position"
parameters = {
  { name = "base",    type = number, min = 1, max = 1e15, help = "base of the inverse frequencies" },
  { name = "dims",    type = integer, min = 2, multiple = 2, default = "d_k", help = "leading dimensions that are turned" },
  { name = "pairing", type = choice, choices = { "half", "interleaved" },
    help = "half: dimension i turns with i + dims / 2; interleaved: 2 i with 2 i + 1" },
}
code = ""
