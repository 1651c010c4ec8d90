-- Llama 3.1: slow frequencies are divided by the factor, fast ones kept, those between blended.
name = "llama3"
help = "slow frequencies are divided by `factor`, fast ones kept, those between blended"
parameters = {
  { name = "factor",   type = number, min = 1, max = 1e6, help = "divides the slow frequencies" },
  { name = "low",      type = number, min = 1e-3, max = 1e6, help = "slow: fewer turns than this in the trained context" },
  { name = "high",     type = number, min = 1e-3, max = 1e6, help = "fast: more turns than this in the trained context" },
  { name = "original", type = integer, min = 1, help = "the context trained on" },
}
refuses = [[
if high <= low then return "high is not above low" end
]]
frequency = [[
local frequency = base ^ (-2 * i / dims)
local turns = original * frequency / (2 * math.pi)
local fast = math.min(math.max((turns - low) / (high - low), 0), 1)     -- 0: slow, 1: fast
return frequency * fast + frequency / factor * (1 - fast)
]]
magnitude = "return 1"
