attention = { heads = 8 }
while true do
end
