-- BERT's encoder, and the sentence embedders built on it: the last hidden state.
-- Positions are learned, norms come after each sum; there is no pooler and no head.
local hidden = whole "hidden_size"
local inner  = whole "intermediate_size"
local heads  = whole "num_attention_heads"
local eps    = number("layer_norm_eps", 1e-12)
local act    = activation("hidden_act", "gelu")

only("position_embedding_type", "absolute")
only("is_decoder", false)
only("add_cross_attention", false)

attention = {
  heads = heads, d_k = head_size(hidden, heads),
  mask = none(),
  position = none(),
}

layers        = layer_count "num_hidden_layers"
context       = whole "max_position_embeddings"
vocab         = whole "vocab_size"
bos, eos      = {}, {}
bidirectional = true
prefixes      = { "", "bert." }
harmless      = harmless_and {
  "attention_probs_dropout_prob", "hidden_dropout_prob", "chunk_size_feed_forward", "tie_word_embeddings",
  "bos_token_id", "eos_token_id",
  "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
  "pooler_size_per_head", "pooler_type",
}

embed("x", "embeddings.word_embeddings", vocab, hidden)
embed_positions("x", "embeddings.position_embeddings", context, hidden)
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
