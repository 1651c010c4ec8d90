attention = function() end
