-- An additive bias, whatever it comes from. A stride of 0 repeats it along an axis.
name = "bias"
help = "numbers bias[head][query][key] are added to the scores"
arrays = { bias = array { number, head, query, key } }
changes = "s + bias[h][q][k]"
