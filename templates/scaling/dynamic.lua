-- Dynamic NTK: the base grows with the text once it is longer than the trained context. Keys in a cache cannot be turned
-- again, so `length` says for which length of text the base is, whatever a call's own is.
name = "dynamic"
help = "the base is larger, as for texts of `length` tokens: by (factor length / original - factor + 1) ^ (dims / (dims - 2))"
parameters = {
  { name = "factor",   type = number, min = 1, max = 1e6, help = "how fast the base grows" },
  { name = "original", type = integer, min = 2, help = "the context trained on" },
  { name = "length",   type = integer, min = 2, help = "tokens of a text, original or more" },
}
refuses = [[
if length < original then return "length is " .. length .. ", less than original, " .. original end
if dims < 4 then return "dims is " .. dims .. "; dynamic needs 4 at least" end
]]
frequency = "return (base * (factor * length / original - factor + 1) ^ (dims / (dims - 2))) ^ (-2 * i / dims)"
magnitude = "return 1"
