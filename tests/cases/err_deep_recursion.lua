local function f(x)
  return 1 + f(x + 1)
end
attention = { heads = f(1) }
