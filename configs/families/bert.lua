-- BERT's encoder, and the sentence embedders built on it: the last hidden state.
-- Positions are learned, norms come after each sum; there is no pooler and no head. With relative keys (Shaw et al. 2018)
-- tokens have no positions, but a score has the product of the query with a vector of the distance, one for all heads.
local hidden = whole "hidden_size"
local inner  = whole "intermediate_size"
local heads  = whole "num_attention_heads"
local eps    = number("layer_norm_eps", 1e-12)
local act    = activation("hidden_act", "gelu")

local d        = head_size(hidden, heads)
local kind     = json.position_embedding_type or "absolute"
local relative = kind == "relative_key"
local farthest = whole("max_position_embeddings", nil, nil, 2) - 1
local vectors  = 2 * farthest + 1

if not relative and kind ~= "absolute" then
  refuse_value("position_embedding_type", kind, '"absolute" or "relative_key": no step makes the products with keys of another')
end
only("is_decoder", false)
only("add_cross_attention", false)

attention = {
  heads = heads, d_k = d,
  mask = none(),
  score = relative and { expr "s + scale * relative[q][h][min(max(q - k, -farthest), farthest) + farthest]" {
    scale = d ^ -0.5, farthest = farthest, relative = array_of_queries(vectors),
  } } or nil,
  position = none(),
}

layers        = layer_count "num_hidden_layers"
context       = farthest + 1
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
if not relative then embed_positions("x", "embeddings.position_embeddings", context, hidden) end
embed_row("x", "embeddings.token_type_embeddings", whole("type_vocab_size", 2), hidden, 0)
layer_norm("x", "x", "embeddings.LayerNorm", eps)

for layer = 0, layers - 1 do
  local name = "encoder.layer." .. layer .. "."
  linear("x", "q", name .. "attention.self.query", hidden, true)
  linear("x", "k", name .. "attention.self.key", hidden, true)
  linear("x", "v", name .. "attention.self.value", hidden, true)
  if relative then
    linear_of_groups("q", "relative", name .. "attention.self.distance_embedding", heads * vectors, heads)
    attend_with(layer, "q", "k", "v", "a", "relative")
  else
    attend(layer, "q", "k", "v", "a")
  end
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
