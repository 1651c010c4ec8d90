-- GPT-NeoX and Pythia: a part of each head is rotated.
-- q, k and v lie head by head in one weight; attention and feed-forward read the same x, or one after the other
-- when a flag says so.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local d        = head_size(hidden, heads)
local eps      = number("layer_norm_eps", 1e-5)
local act      = activation("hidden_act", "gelu")
local biased   = flag("attention_bias", true)
local parallel = flag("use_parallel_residual", true)

only("is_decoder", false)

attention = {
  heads = heads, d_k = d,
  mask = causal(),
  position = rotary { dims = rotary_dims(d, 0.25, "rotary_pct"), older = "rotary_emb_base" },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "gpt_neox." }
harmless = harmless_and {}

embed("x", "embed_in", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  layer_norm("x", "h", name .. "input_layernorm", eps)
  linear("h", "qkv", name .. "attention.query_key_value", 3 * hidden, biased)
  slice("qkv", "q", hidden, 0, heads)
  slice("qkv", "k", hidden, d, heads)
  slice("qkv", "v", hidden, 2 * d, heads)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "attention.dense", hidden, biased)
  if not parallel then add("x", "o", "x") end

  layer_norm("x", "h", name .. "post_attention_layernorm", eps)
  linear("h", "inner", name .. "mlp.dense_h_to_4h", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.dense_4h_to_h", hidden, true)
  if parallel then add("x", "o", "x") end
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "final_layer_norm", eps)
linear("x", "logits", flag("tie_word_embeddings", false) and "embed_in" or "embed_out", vocab)
output = "logits"
