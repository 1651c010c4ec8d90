-- ALiBi (Press et al. 2022): distant keys count less, each head by its own slope. The slopes are a geometric series for a
-- power of two heads; others take those of the power below, and every second one of the power above.
name = "alibi"
help = "scores fall with the distance of the key, by a slope of each head"
parameters = {
  { name = "max", type = number, min = 1e-3, max = 1e3, default = 8, help = "the last slope is 2 ^ -max" },
}
changes = "s - slope[h] * abs(q - k)"
table = "slope"
entry = [[
local n = 1
while 2 * n <= heads do n = 2 * n end
if i < n then return 2 ^ (-max * (i + 1) / n) end
return 2 ^ (-max * (2 * (i - n) + 1) / (2 * n))
]]
