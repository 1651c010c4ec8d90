-- GPT-J: the first dimensions of each head are rotated in neighbouring pairs.
-- Attention and feed-forward read the same norm.
local hidden = whole "n_embd"
local inner  = whole("n_inner", 4 * hidden)
local heads  = whole "n_head"
local d      = head_size(hidden, heads, "n_head", "n_embd")
local eps    = number("layer_norm_epsilon", 1e-5)
local act    = activation("activation_function", "gelu_new")
local rows   = whole "n_positions"

only("n_ctx", rows)
only("scale_attn_weights", true)

attention = {
  heads = heads, d_k = d,
  mask = causal(),
  position = rotary { dims = whole("rotary_dim", 64), neighbours = true },
}

layers   = layer_count "n_layer"
context  = rows
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and {
  "rotary", "tokenizer_class", "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
  "summary_type", "summary_use_proj",
}

embed("x", "wte", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "h." .. layer .. "."
  layer_norm("x", "h", name .. "ln_1", eps)
  project("h", name .. "attn.", heads, heads, d)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "attn.out_proj", hidden)

  linear("h", "inner", name .. "mlp.fc_in", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.fc_out", hidden, true)
  add("x", "o", "x")
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "ln_f", eps)
linear("x", "logits", head("wte", false), vocab, true)
output = "logits"
