-- Gemma 2: scores stay between -cap and cap.
name = "softcap"
help = "scores stay between -cap and cap: cap tanh(s / cap)"
parameters = {
  { name = "cap", type = number, min = 1e-3, max = 1e6, help = "the largest score" },
}
changes = "cap * tanh(s / cap)"
