-- A query sees the keys near its own place; itself is counted on neither side.
-- The defaults are wider than any length, so a side that is not given folds away.
name = "window"
help = "a query sees itself, `left` keys before it and `right` keys after it"
parameters = {
  { name = "left",  type = integer, default = 33554432, help = "keys before the query that it sees (default: all)" },
  { name = "right", type = integer, default = 33554432, help = "keys after the query that it sees (default: all)" },
}
sees = "q - k <= left and k - q <= right"
