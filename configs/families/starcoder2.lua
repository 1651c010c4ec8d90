-- StarCoder 2: LLaMA with biases, centred norms and a feed-forward without a gate; maybe a window.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 2)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("norm_epsilon", 1e-5)
local act      = activation("hidden_act", "gelu_pytorch_tanh")
local biased   = flag("use_bias", true)

only("mlp_type", "default")
only("norm_type", "layer_norm")

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal_window(json.sliding_window and whole "sliding_window"),
  position = rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 4096)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "residual_dropout", "embedding_dropout" }

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  layer_norm("x", "h", name .. "input_layernorm", eps)
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "self_attn.o_proj", hidden, biased)
  add("x", "h", "x")

  layer_norm("x", "h", name .. "post_attention_layernorm", eps)
  linear("h", "inner", name .. "mlp.c_fc", inner, biased)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.c_proj", hidden, biased)
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", true), vocab)
output = "logits"
