attention = { heads = function() end }
