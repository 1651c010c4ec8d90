-- A prefix that all see, as in prefix language models: causal() | prefix { length = 256 }.
name = "prefix"
help = "every query sees the first keys"
parameters = {
  { name = "length", type = integer, min = 1, help = "keys of the prefix" },
}
sees = "k < length"
