attention = {
  heads = 8, d_k = 64,
}
local names = {}
for i = 1, 5000 do names[i] = "attention" end
layers = names
