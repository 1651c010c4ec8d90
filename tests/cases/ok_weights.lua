attention = {
  sum  = { heads = 2, d_k = 16, mask = causal(), normalize = sigmoid, score = expr "s - log(max(1, kv_len))", hidden_row = nan },
  bert = { heads = 2, d_k = 16, normalize = softmax, hidden_row = mean, mask = where "k <= q" },
}
layers = { "sum", "bert" }
