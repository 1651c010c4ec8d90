-- LongRoPE: a divisor for each pair, from one of two lists. A model switches to the long one when its text outgrows
-- the trained context; keys in a cache cannot be turned again, so `use` says which one holds.
name = "longrope"
help = "each frequency has a divisor of its own, cosines and sines are multiplied by a factor"
parameters = {
  { name = "short",    type = numbers, min = 1e-3, max = 1e6, help = "a divisor for each pair, within the trained context" },
  { name = "long",     type = numbers, min = 1e-3, max = 1e6, help = "a divisor for each pair, beyond it" },
  { name = "use",      type = choice, choices = { "short", "long" }, help = "the list that holds, whatever the length" },
  { name = "factor",   type = number, min = 1, max = 1e6, help = "how many times longer the context is" },
  { name = "original", type = integer, min = 2, help = "the context trained on" },
  { name = "attention_factor", type = number, min = 0, max = 1e3, default = 0,
    help = "on cosines and sines; 0: sqrt(1 + ln(factor) / ln(original))" },
}
refuses = [[
if #short ~= dims // 2 then return "short has " .. #short .. " numbers for " .. dims // 2 .. " pairs" end
if #long ~= dims // 2 then return "long has " .. #long .. " numbers for " .. dims // 2 .. " pairs" end
]]
frequency = [[
local divisors = use == "short" and short or long
return base ^ (-2 * i / dims) / divisors[i + 1]
]]
magnitude = [[
if attention_factor > 0 then return attention_factor end
return math.sqrt(1 + math.log(factor) / math.log(original))
]]
