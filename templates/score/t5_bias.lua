-- T5 (Raffel et al. 2020): a learned number for each head and bucket of distances. Near distances have a bucket each, those
-- farther off share one by their logarithm, and all from max_distance on the last; in both directions when bidirectional.
name = "t5_bias"
help = "a learned bias by distance: numbers t5[head][bucket]"
parameters = {
  { name = "buckets", type = integer, min = 4, max = 1024, default = 32, help = "how many" },
  { name = "max_distance", type = integer, min = 8, max = 2000, default = 128, help = "the last bucket has all from here on" },
  { name = "bidirectional", type = boolean, default = false, help = "whether keys after the query have buckets of their own" },
}
arrays = { t5 = array { number, head, "buckets" } }
changes = "s + t5[h][bucket[min(max(k - q, -max_distance), max_distance) + max_distance]]"
table = "bucket"
entries = "return 2 * max_distance + 1"
entry = [[
local after = i - max_distance
local count, first, distance = buckets, 0, math.max(-after, 0)
if bidirectional then
  count, distance = buckets // 2, math.abs(after)
  if after > 0 then first = count end
end
local exact = count // 2
if distance < exact then return first + distance end
local farther = math.log(distance / exact) / math.log(max_distance / exact) * (count - exact)
return first + math.min(exact + math.floor(farther + 1e-9), count - 1)
]]
