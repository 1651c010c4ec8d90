attention = setmetatable({}, { __index = 3 })
