attention = { 8, 64 }
