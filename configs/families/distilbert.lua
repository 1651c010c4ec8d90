-- DistilBERT: BERT without token types, with shorter names; the last hidden state.
local hidden = whole "dim"
local inner  = whole "hidden_dim"
local heads  = whole "n_heads"
local eps    = 1e-12
local act    = activation("activation", "gelu")

attention = {
  heads = heads, d_k = head_size(hidden, heads, "n_heads", "dim"),
  mask = none(),
  position = none(),
}

layers        = layer_count "n_layers"
context       = whole "max_position_embeddings"
vocab         = whole "vocab_size"
bos, eos      = {}, {}
bidirectional = true
prefixes      = { "", "distilbert." }
harmless      = harmless_and {
  "bos_token_id", "eos_token_id", "dropout", "qa_dropout", "seq_classif_dropout", "sinusoidal_pos_embds",
  "tie_weights_", "tie_word_embeddings", "output_past",
}

embed("x", "embeddings.word_embeddings", vocab, hidden)
embed_positions("x", "embeddings.position_embeddings", context, hidden)
layer_norm("x", "x", "embeddings.LayerNorm", eps)

for layer = 0, layers - 1 do
  local name = "transformer.layer." .. layer .. "."
  linear("x", "q", name .. "attention.q_lin", hidden, true)
  linear("x", "k", name .. "attention.k_lin", hidden, true)
  linear("x", "v", name .. "attention.v_lin", hidden, true)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "attention.out_lin", hidden, true)
  add("h", "x", "x")
  layer_norm("x", "x", name .. "sa_layer_norm", eps)

  linear("x", "inner", name .. "ffn.lin1", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "ffn.lin2", hidden, true)
  add("h", "x", "x")
  layer_norm("x", "x", name .. "output_layer_norm", eps)
end

output = "x"
