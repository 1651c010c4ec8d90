-- Longformer's global tokens, the first of the sequence: window { left = 256, right = 256 } | global { tokens = 1 }.
name = "global"
help = "the first tokens see all keys and are seen by all queries"
parameters = {
  { name = "tokens", type = integer, min = 1, help = "how many" },
}
sees = "k < tokens or q < tokens"
