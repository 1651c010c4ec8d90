local t = {}
for i = 1, 250000 do t[i] = i end
attention = t
