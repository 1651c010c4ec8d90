-- RoBERTa: BERT whose positions begin behind that of padding; the last hidden state.
local hidden = whole "hidden_size"
local inner  = whole "intermediate_size"
local heads  = whole "num_attention_heads"
local eps    = number("layer_norm_eps", 1e-12)
local act    = activation("hidden_act", "gelu")
local rows   = whole "max_position_embeddings"
local first  = whole("pad_token_id", 1, nil, 0) + 1

only("position_embedding_type", "absolute")
only("is_decoder", false)
only("add_cross_attention", false)
if rows <= first then refuse("max_position_embeddings", "is " .. rows .. ", but the first position is row " .. first) end

attention = {
  heads = heads, d_k = head_size(hidden, heads),
  mask = none(),
  position = none(),
}

layers        = layer_count "num_hidden_layers"
context       = rows - first
vocab         = whole "vocab_size"
bos, eos      = {}, {}
bidirectional = true
prefixes      = { "", "roberta." }
harmless      = harmless_and {
  "attention_probs_dropout_prob", "hidden_dropout_prob", "bos_token_id", "eos_token_id", "tie_word_embeddings",
}

embed("x", "embeddings.word_embeddings", vocab, hidden)
embed_positions("x", "embeddings.position_embeddings", rows, hidden, first)
embed_row("x", "embeddings.token_type_embeddings", whole("type_vocab_size", 2), hidden, 0)
layer_norm("x", "x", "embeddings.LayerNorm", eps)

for layer = 0, layers - 1 do
  local name = "encoder.layer." .. layer .. "."
  linear("x", "q", name .. "attention.self.query", hidden, true)
  linear("x", "k", name .. "attention.self.key", hidden, true)
  linear("x", "v", name .. "attention.self.value", hidden, true)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "attention.output.dense", hidden, true)
  add("h", "x", "x")
  layer_norm("x", "x", name .. "attention.output.LayerNorm", eps)

  linear("x", "inner", name .. "intermediate.dense", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "output.dense", hidden, true)
  add("h", "x", "x")
  layer_norm("x", "x", name .. "output.LayerNorm", eps)
end

output = "x"
