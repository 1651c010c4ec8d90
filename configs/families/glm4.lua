-- GLM-4: norms before and behind attention and feed-forward, half of each head rotated.
-- Neighbouring pairs are rotated; gate and up are one weight.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 2)
local d        = whole("head_dim", 128)
local eps      = number("rms_norm_eps", 1.5625e-7)
local act      = activation("hidden_act", "silu")
local biased   = flag("attention_bias", true)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  position = rotary { dims = rotary_dims(d, 0.5), neighbours = true },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  rms_norm("x", "h", name .. "input_layernorm", eps)
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "self_attn.o_proj", hidden)
  rms_norm("h", "h", name .. "post_self_attn_layernorm", eps)
  add("x", "h", "x")

  rms_norm("x", "h", name .. "post_attention_layernorm", eps)
  gated_fused("h", "h", name .. "mlp.gate_up_proj", name .. "mlp.down_proj", inner, hidden, act)
  rms_norm("h", "h", name .. "post_mlp_layernorm", eps)
  add("x", "h", "x")
end

last("x")
rms_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", false), vocab)
output = "logits"
