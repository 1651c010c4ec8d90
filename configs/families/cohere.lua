-- Command R: neighbouring pairs are rotated; attention and feed-forward read the same norm, which has no bias.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = head_size(hidden, heads)
local eps      = number("layer_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")
local biased   = flag("attention_bias", false)

only("use_qk_norm", false)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  position = rotary { neighbours = true },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 8192)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  layer_norm("x", "h", name .. "input_layernorm", eps, false)
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "self_attn.o_proj", hidden, biased)
  gated("h", "m", name .. "mlp.", inner, hidden, act)
  add("x", "o", "x")
  add("x", "m", "x")
end

last("x")
layer_norm("x", "x", "norm", eps, false)
linear("x", "logits", head("embed_tokens", true), vocab)
scale("logits", number("logit_scale", 0.0625))
output = "logits"
