-- BLOOM: ALiBi, which is not scaled with the scores; a norm behind the embedding.
-- q, k and v lie head by head in one weight.
local hidden = whole(either("hidden_size", "n_embed"))
local heads  = whole(either("n_head", "num_attention_heads"))
local d      = head_size(hidden, heads, "n_head")
local eps    = number("layer_norm_epsilon", 1e-5)
local normed = flag("apply_residual_connection_post_layernorm", false)

attention = {
  heads = heads, d_k = d,
  mask = causal(),
  score = alibi(),
}

layers   = layer_count(either("n_layer", "num_hidden_layers"))
context  = whole("seq_length", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and {
  "pretraining_tp", "slow_but_exact", "unk_token_id", "masked_softmax_fusion", "bias_dropout_fusion",
  "attention_softmax_in_fp32", "skip_bias_add", "skip_bias_add_qkv", "offset_alibi",
}

embed("x", "word_embeddings", vocab, hidden)
layer_norm("x", "x", "word_embeddings_layernorm", eps)

for layer = 0, layers - 1 do
  local name = "h." .. layer .. "."
  layer_norm("x", "h", name .. "input_layernorm", eps)
  linear("h", "qkv", name .. "self_attention.query_key_value", 3 * hidden, true)
  slice("qkv", "q", hidden, 0, heads)
  slice("qkv", "k", hidden, d, heads)
  slice("qkv", "v", hidden, 2 * d, heads)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "self_attention.dense", hidden, true)
  add(normed and "h" or "x", "o", "x")

  layer_norm("x", "h", name .. "post_attention_layernorm", eps)
  linear("h", "inner", name .. "mlp.dense_h_to_4h", 4 * hidden, true)
  activate("inner", "gelu_tanh")
  linear("inner", "o", name .. "mlp.dense_4h_to_h", hidden, true)
  add(normed and "h" or "x", "o", "x")
end

last("x")
layer_norm("x", "x", "ln_f", eps)
linear("x", "logits", head("word_embeddings", true), vocab)
output = "logits"
