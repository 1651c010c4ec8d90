-- Phi-1.5 and 2: a part of each head is rotated, all weights have biases.
-- Attention and feed-forward read the same norm.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = head_size(hidden, heads)
local eps      = number("layer_norm_eps", 1e-5)
local act      = activation("hidden_act", "gelu_new")

only("qk_layernorm", false)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  position = rotary { dims = rotary_dims(d, 0.5) },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  layer_norm("x", "h", name .. "input_layernorm", eps)
  project("h", name .. "self_attn.", heads, kv_heads, d, true)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "self_attn.dense", hidden, true)

  linear("h", "inner", name .. "mlp.fc1", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.fc2", hidden, true)
  add("x", "o", "x")
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "final_layernorm", eps)
linear("x", "logits", head("embed_tokens", false), vocab, true)
output = "logits"
