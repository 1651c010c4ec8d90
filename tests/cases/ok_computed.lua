local list = {}
for i, name in ipairs { "a", "b" } do list[i] = name end
local function attend(mask)
  return { heads = 4, d_k = 32, mask = mask }
end
attention = { a = attend(causal), b = attend(none) }
layers = list
