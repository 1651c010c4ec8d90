-- YaRN: dimensions that turn often are kept, those that turn rarely divided by the factor, a ramp between them;
-- cosines and sines grow. A ramp's end is the (broken) index i of the pair that turns so often in the trained context.
name = "yarn"
help = "frequencies are divided by `factor` along a ramp, cosines and sines multiplied by a factor"
parameters = {
  { name = "factor",    type = number, min = 1, max = 1e6, help = "how many times longer the context is" },
  { name = "original",  type = integer, min = 1, help = "the context trained on" },
  { name = "beta_fast", type = number, min = 1e-3, max = 1e6, default = 32, help = "turns in the trained context from which on a pair is kept" },
  { name = "beta_slow", type = number, min = 1e-3, max = 1e6, default = 1, help = "turns up to which a pair is divided" },
  { name = "truncate",  type = boolean, default = true, help = "the ramp's ends are rounded outwards to whole pairs" },
  { name = "attention_factor", type = number, min = 0, max = 1e3, default = 0,
    help = "on cosines and sines; 0: 0.1 ln(factor) + 1, or the ratio of the two mscales" },
  { name = "mscale",         type = number, min = 0, max = 1e3, default = 0, help = "above the ratio; 0: not given" },
  { name = "mscale_all_dim", type = number, min = 0, max = 1e3, default = 0, help = "below the ratio; 0: not given" },
}
refuses = [[
if base <= 1 then return "it needs a base above 1" end
if beta_slow > beta_fast then return "beta_slow is above beta_fast" end
if (mscale == 0) ~= (mscale_all_dim == 0) then return "mscale and mscale_all_dim have an effect only together" end
if attention_factor > 0 and mscale > 0 then return "mscale has no effect beside attention_factor" end
]]
frequency = [[
local function ramp_end(turns)
  return dims * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))
end
local first, last = ramp_end(beta_fast), ramp_end(beta_slow)
if truncate then first, last = math.floor(first), math.ceil(last) end
first, last = math.max(first, 0), math.min(last, dims - 1)
if first == last then last = last + 0.001 end
local divided = math.min(math.max((i - first) / (last - first), 0), 1)
local frequency = base ^ (-2 * i / dims)
return frequency / factor * divided + frequency * (1 - divided)
]]
magnitude = [[
local function grown(mscale) return 0.1 * mscale * math.log(factor) + 1 end
if attention_factor > 0 then return attention_factor end
if mscale > 0 then return grown(mscale) / grown(mscale_all_dim) end
return grown(1)
]]
